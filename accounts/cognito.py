"""Cognito, behind plain functions."""

from __future__ import annotations

from dataclasses import dataclass

from events import aws


@dataclass(frozen=True)
class Profile:
    """What the pool knows of a user that a token alone does not say."""

    email: str
    name: str


def profile_of(access_token: str) -> Profile:
    """The profile of the token's bearer (GetUser)."""
    answer = aws.client("cognito-idp").get_user(AccessToken=access_token)
    attributes = {row["Name"]: row["Value"] for row in answer["UserAttributes"]}
    return Profile(email=attributes["email"], name=attributes.get("name", ""))
