"""The user pool: who may sign in, by what, and what the functions behind it may read."""

from __future__ import annotations

import ast
from pathlib import Path

from deploy.constructs.pool import SCOPES
from deploy.tests.synthesized import Synthesized, flat, statements, synthesize, target


def test_the_pool_is_kept_and_tells_nobody_who_has_an_account(shop: Synthesized) -> None:
    (pool,) = shop.of("identity", "Cognito::UserPool").values()
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
    assert pool["DeletionPolicy"] == "Retain"
    client = shop.one("identity", "Cognito::UserPoolClient")
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_passwords_and_second_factor(shop: Synthesized) -> None:
    pool = shop.one("identity", "Cognito::UserPool")
    policy = pool["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] == 10
    assert policy["RequireUppercase"] is policy["RequireLowercase"] is policy["RequireNumbers"] is True
    assert pool["MfaConfiguration"] == "OPTIONAL"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]


def test_people_sign_in_by_srp_alone_and_refresh_tokens_rotate(shop: Synthesized) -> None:
    client = shop.one("identity", "Cognito::UserPoolClient")
    assert client["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH"]
    assert client["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 30}
    assert client["EnableTokenRevocation"] is True
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlowsUserPoolClient"] is False


def test_groups_are_those_of_the_local_pool(shop: Synthesized) -> None:
    groups = {row["Properties"]["GroupName"] for row in shop.of("identity", "Cognito::UserPoolGroup").values()}
    assert groups == {"staff", "admin", "catalog", "support"}


def test_scopes_are_those_that_the_shop_knows(shop: Synthesized) -> None:
    tree = ast.parse(Path("accounts/rights.py").read_text())
    known = {
        key.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and flat(getattr(node.target, "id", "")) == '"OF_SCOPE"'
        and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if isinstance(key, ast.Constant)
    }
    assert {f"{server}/{scope}" for server, scopes in SCOPES.items() for scope in scopes} == known
    rows = [row["Properties"] for row in shop.of("identity", "Cognito::UserPoolResourceServer").values()]
    assert {f"{row['Identifier']}/{scope['ScopeName']}" for row in rows for scope in row["Scopes"]} == known


def test_triggers_read_their_secret_when_they_run_and_nothing_else(shop: Synthesized) -> None:
    functions = shop.of("identity", "Lambda::Function")
    assert len(functions) == 2
    config = shop.one("identity", "Cognito::UserPool")["LambdaConfig"]
    assert {target(config[name]) for name in ("PreAuthentication", "PostConfirmation")} == functions.keys()
    for row in functions.values():
        variables = row["Properties"]["Environment"]["Variables"]
        assert variables["SHOP_API_URL"] == "https://shop.example.com"
        assert "TRIGGER_SECRET" not in variables
        assert row["Properties"]["Timeout"] == 5
    (secret,) = shop.of("identity", "SecretsManager::Secret")
    for policy in shop.of("identity", "IAM::Policy").values():
        for statement in statements(policy):
            to_log = set(statement["Action"]) == {"logs:CreateLogStream", "logs:PutLogEvents"}
            assert to_log or target(statement["Resource"]) == secret


def test_without_https_no_trigger_carries_people_across_the_internet(folder: Path) -> None:
    shop = synthesize(folder, domain="", zone_id="", http_from="203.0.113.7/32")
    assert shop.of("identity", "Lambda::Function") == {}
    assert "LambdaConfig" not in shop.one("identity", "Cognito::UserPool")
    rules = shop.one("service", "ElasticLoadBalancingV2::Listener")
    assert (rules["Port"], rules["Protocol"]) == (80, "HTTP")
    assert "0.0.0.0/0" not in flat(
        [row["Properties"].get("SecurityGroupIngress") for row in shop.of("service", "EC2::SecurityGroup").values()]
    )


def test_a_program_has_a_client_with_a_secret_and_its_scopes_alone(folder: Path) -> None:
    shop = synthesize(folder, services="warehouse=orders.write+catalog.read")
    clients = [row["Properties"] for row in shop.of("identity", "Cognito::UserPoolClient").values()]
    (program,) = [row for row in clients if row["ClientName"] == "service-warehouse"]
    assert program["GenerateSecret"] is True
    assert program["AllowedOAuthFlows"] == ["client_credentials"]
    assert set(program["AllowedOAuthScopes"]) == {"service/orders.write", "service/catalog.read"}
