from __future__ import annotations

from api.problems import Conflict, NotFound, Problem


class Blocked(Problem):
    status, code = 403, "customer_blocked"

    def __init__(self) -> None:
        super().__init__("This account is blocked. Ask the shop.")


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


class AddressNotFound(NotFound):
    """Also the answer for an address of somebody else's."""

    code = "address_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such address in your address book.")


class TooManyAddresses(Conflict):
    code = "too_many_addresses"
