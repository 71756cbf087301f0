from __future__ import annotations

from api.problems import Conflict, Problem


class Blocked(Problem):
    status, code = 403, "customer_blocked"


class EmailNotVerified(Problem):
    """Cognito has not seen the person read mail at this address, so it proves nothing about who they are."""

    status, code = 403, "email_not_verified"


class EmailTaken(Conflict):
    """Another Cognito user has an account here under this address; only the shop may decide whose it is."""

    code = "email_taken"
