"""Cognito's user pool: people who sign in with address and password, their groups, and what tokens may be good for."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, aws_cognito
from constructs import Construct

from deploy.nag import explain
from deploy.settings import Settings

GROUPS = ("staff", "admin", "catalog", "support")
SCOPES = {
    "customer": ("web", "mobile"),
    "admin": ("web",),
    "service": ("catalog.read", "catalog.write", "orders.read", "orders.write"),
}
"""Resource server → its scopes; `accounts/rights.py` says what each is good for."""


class Pool(Construct):
    """`pool`, the `client` that people sign in by, and `services`: the setting SERVICE_CLIENTS."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        self.pool = aws_cognito.UserPool(
            self,
            "Pool",
            sign_in_aliases=aws_cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=aws_cognito.AutoVerifiedAttrs(email=True),
            # An address is changed only once the new one is proven: accounts are found by it.
            keep_original=aws_cognito.KeepOriginalAttrs(email=True),
            self_sign_up_enabled=True,
            password_policy=aws_cognito.PasswordPolicy(
                min_length=10,
                require_uppercase=True,
                require_lowercase=True,
                require_digits=True,
                require_symbols=False,
                temp_password_validity=Duration.days(3),
            ),
            mfa=aws_cognito.Mfa.OPTIONAL,
            mfa_second_factor=aws_cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=aws_cognito.AccountRecovery.EMAIL_ONLY,
            feature_plan=aws_cognito.FeaturePlan.ESSENTIALS,  # the least with which refresh tokens rotate
            deletion_protection=settings.protect,
            removal_policy=RemovalPolicy.RETAIN if settings.protect else RemovalPolicy.DESTROY,
            email=self._mails(settings),
        )
        explain(
            self.pool, "COG1", "Length is what counts (NIST SP 800-63B): 10 with three kinds, and no symbols forced."
        )
        explain(
            self.pool, "COG2", "The second factor is everybody's choice: customers of a shop would not buy with it."
        )
        explain(
            self.pool, "COG3", "Threat protection is Cognito's dearest plan; the shop throttles sign-ins by itself."
        )
        explain(self.pool, "COG8", "The plan Plus costs by the customer; see COG3.")
        for group in GROUPS:
            aws_cognito.UserPoolGroup(self, group, user_pool=self.pool, group_name=group)
        servers = {name: self._server(name, scopes) for name, scopes in SCOPES.items()}
        self.client = self._client(settings)
        self.services = {
            name: self._service(name, scopes, servers["service"]) for name, scopes in settings.services.items()
        }
        if settings.services:  # programs fetch their tokens there
            prefix = aws_cognito.CognitoDomainOptions(domain_prefix=f"{settings.name}-{Aws.ACCOUNT_ID}")
            domain = self.pool.add_domain("Domain", cognito_domain=prefix)
            CfnOutput(self, "TokenUrl", key="TokenUrl", value=f"{domain.base_url()}/oauth2/token")

    @staticmethod
    def _mails(settings: Settings) -> aws_cognito.UserPoolEmail | None:
        """By Cognito itself, 50 a day; or by SES, which must know the sender before the pool is made so."""
        if not settings.pool_mails_by_ses:
            return None
        return aws_cognito.UserPoolEmail.with_ses(from_email=settings.mail_from, ses_region=Aws.REGION)

    def _server(self, name: str, scopes: tuple[str, ...]) -> aws_cognito.CfnUserPoolResourceServer:
        kinds = [
            aws_cognito.CfnUserPoolResourceServer.ResourceServerScopeTypeProperty(
                scope_name=scope, scope_description=f"{name}/{scope}"
            )
            for scope in scopes
        ]
        return aws_cognito.CfnUserPoolResourceServer(
            self, f"Server-{name}", user_pool_id=self.pool.user_pool_id, identifier=name, name=name, scopes=kinds
        )

    def _client(self, settings: Settings) -> aws_cognito.UserPoolClient:
        return self.pool.add_client(
            "Client",
            user_pool_client_name=settings.name,
            generate_secret=False,  # browsers and the shop itself sign in by SRP
            auth_flows=aws_cognito.AuthFlow(user_srp=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
            # Each refresh gives a new token. The old one is good for seconds more, for whom the answer did not reach.
            refresh_token_rotation_grace_period=Duration.seconds(30),
        )

    def _service(
        self, name: str, scopes: tuple[str, ...], server: aws_cognito.CfnUserPoolResourceServer
    ) -> aws_cognito.UserPoolClient:
        """A program's own client, with a secret: for tokens by client credentials (RFC 6749, 4.4)."""
        wanted = [aws_cognito.OAuthScope.custom(f"service/{scope}") for scope in scopes]
        client = self.pool.add_client(
            f"Service-{name}",
            user_pool_client_name=f"service-{name}",
            generate_secret=True,
            o_auth=aws_cognito.OAuthSettings(flows=aws_cognito.OAuthFlows(client_credentials=True), scopes=wanted),
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
        )
        client.node.add_dependency(server)
        return client
