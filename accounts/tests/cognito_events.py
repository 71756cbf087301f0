"""Cognito's trigger events, as its developer guide and its Lambda functions show them, and their signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from django.conf import settings

SUB = "bbbbbbbb-1111-4222-8333-cccccccccccc"


def trigger_event(source: str, **attributes: Any) -> dict[str, Any]:
    """What all triggers are given; `attributes` are the user's, besides those that each user has."""
    return {
        "version": "1",
        "region": "eu-central-1",
        "userPoolId": settings.COGNITO_POOL_ID,
        "userName": SUB,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": settings.COGNITO_CLIENT_ID},
        "triggerSource": source,
        "request": {"userAttributes": {"sub": SUB, "cognito:user_status": "CONFIRMED"} | attributes},
        "response": {},
    }


def pre_authentication(email: str = "nora@example.com", **attributes: Any) -> dict[str, Any]:
    event = trigger_event("PreAuthentication_Authentication", email=email, email_verified="true", **attributes)
    event["request"] |= {"validationData": {"device": "phone"}, "userNotFound": False}
    return event


def post_confirmation(email: str = "nora@example.com", **attributes: Any) -> dict[str, Any]:
    told = {"email_verified": "true", "name": "Nora New"} | attributes
    event = trigger_event("PostConfirmation_ConfirmSignUp", email=email, **told)
    event["request"]["clientMetadata"] = {"campaign": "spring"}
    return event


def signed(event: Any, *, age: float = 0, secret: str = "") -> dict[str, Any]:
    """What the test client's `generic` takes: the body's bytes and the headers that prove it, signed `age` s ago."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    timestamp = str(int(time.time() - age))
    key = (secret or settings.TRIGGER_SECRET).encode()
    proof = hmac.new(key, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "data": body,
        "content_type": "application/json",
        "HTTP_X_SHOP_TIMESTAMP": timestamp,
        "HTTP_X_SHOP_SIGNATURE": f"v1={proof}",
    }
