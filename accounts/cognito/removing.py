"""The end of a sign-in."""

from __future__ import annotations

from events import aws


def remove_user(pool_id: str, sub: str) -> None:
    """Revokes all tokens of a user and deletes the user. One who is gone already is no error.

    For a worker: what Cognito raises goes out, and the message comes again. Needs the permissions
    `cognito-idp:AdminUserGlobalSignOut` and `cognito-idp:AdminDeleteUser`.
    """
    cognito = aws.client("cognito-idp")
    try:
        cognito.admin_user_global_sign_out(UserPoolId=pool_id, Username=sub)
        cognito.admin_delete_user(UserPoolId=pool_id, Username=sub)
    except cognito.exceptions.UserNotFoundException:
        return
