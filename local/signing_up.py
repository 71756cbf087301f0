"""The function at Cognito's trigger, from the deployed asset, told of a sign-up as Cognito would tell it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import psycopg

from local.emulator import REGION
from local.report import Trouble


def sign_up(client: Callable[[str], Any], settings: Mapping[str, str], *, api: str, database: str) -> None:
    """Invokes it, with the shop's address here for the one there, and looks for the customer. Raises Trouble."""
    functions = client("lambda")
    names = {row["Handler"]: row for row in functions.list_functions()["Functions"]}
    function = names["at_lambda.post_confirmation"]
    told = function["Environment"]["Variables"] | {"SHOP_API_URL": api}
    functions.update_function_configuration(FunctionName=function["FunctionName"], Environment={"Variables": told})
    person = {"sub": str(uuid4()), "email": "nora@example.com", "email_verified": "true", "name": "Nora New"}
    event = {
        "version": "1",
        "region": REGION,
        "userPoolId": settings["COGNITO_POOL_ID"],
        "userName": person["sub"],
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": settings["COGNITO_CLIENT_ID"]},
        "triggerSource": "PostConfirmation_ConfirmSignUp",
        "request": {"userAttributes": {**person, "cognito:user_status": "CONFIRMED"}},
        "response": {},
    }
    answer = functions.invoke(FunctionName=function["FunctionName"], Payload=json.dumps(event).encode())
    said = json.loads(answer["Payload"].read())
    if said != event:
        raise Trouble(f"The function answers {said}")
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT name FROM accounts_user WHERE email = 'nora@example.com'").fetchone()
    if row != ("Nora New",):
        raise Trouble("The shop knows nobody of that name.")
