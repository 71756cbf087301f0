"""How the OpenAPI document describes our sign-in."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class CognitoScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself by being defined
    target_class = "accounts.authentication.CognitoAuthentication"
    name = "cognito"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A Cognito access token, as `POST /auth/login` gives it.",
        }
