from __future__ import annotations

from api.problems import Conflict, NotFound, Problem


class Blocked(Problem):
    status, code = 403, "customer_blocked"

    def __init__(self) -> None:
        super().__init__("This account is blocked. Ask the shop.")


class InsufficientScope(Problem):
    """The bearer might, but this token was given for less (RFC 6750, section 3.1)."""

    status, code = 403, "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"The access token was not given for this: it lacks the scope {scope}.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )


class EmailNotVerified(Problem):
    """Cognito has not seen the person read mail at this address, so it proves nothing about who they are."""

    status, code = 403, "email_not_verified"


class EmailTaken(Conflict):
    """Another Cognito user has an account here under this address; only the shop may decide whose it is."""

    code = "email_taken"


class DomainNotAllowed(Problem):
    """The shop lets in people of some e-mail domains alone, by the setting SIGN_IN_DOMAINS."""

    status, code = 403, "domain_not_allowed"


class ForeignPool(Problem):
    """A trigger's event of a user pool that is not the shop's: its users are none of ours."""

    status, code = 403, "foreign_pool"


class SignInTooOld(Problem):
    """The step-up challenge of RFC 9470: a token, which may be stolen, is not enough for what cannot be undone."""

    status, code = 401, "recent_sign_in_required"

    def __init__(self, max_age: int) -> None:
        challenge = f'Bearer error="insufficient_user_authentication", max_age="{max_age}"'
        super().__init__(
            f"Sign in again first: this needs a sign-in of the last {max_age // 60} minutes.",
            headers={"WWW-Authenticate": challenge},
        )


class StaffAccount(Conflict):
    """What staff did stands in the shop's books under their address."""

    code = "staff_account"


class AddressNotFound(NotFound):
    """Also the answer for an address of somebody else's."""

    code = "address_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such address in your address book.")


class TooManyAddresses(Conflict):
    code = "too_many_addresses"
