from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.rights import OF_ROLE, Right, Role

NOBODY = "deleted.invalid"
"""The domain of deleted accounts' addresses: no mail can ever reach it (RFC 2606, section 2)."""


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A superuser who signs in here, with a local password: for emergencies, see `manage.py break_glass`."""
        roles = {"is_staff": True, "is_superuser": True, "pool": User.Pool.LOCAL}
        return self.create_user(email, password, **roles | fields)

    def with_email(self, email: str) -> models.QuerySet[User]:
        """The account with this address in any case, by the index of the unique constraint (`iexact` has none)."""
        return self.alias(lower_email=Lower("email")).filter(lower_email=email.strip().lower())

    def waiting_for(self, email: str) -> models.QuerySet[User]:
        """The account that nobody has signed in to yet, and that is theirs whose address this is."""
        waiting = self.with_email(email).filter(cognito_sub=None, deleted_at=None)
        return waiting.exclude(pool__in=(User.Pool.LOCAL, User.Pool.SERVICES))

    def get_by_natural_key(self, username: str | None) -> User:
        return self.with_email(username or "").get()


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in through Cognito: a customer, a staff member (`is_staff`) or an admin (`is_superuser`).

    Staff of one part of the shop alone have `limited_to`. A program that calls by itself has a row too, so that it is
    somebody in every history: see accounts/machines.py. What each may do is said by accounts/rights.py.

    Cognito owns the password and the groups; this row owns the name, the language and whether the person is blocked.
    """

    class Pool(models.TextChoices):
        """Where a person signs in, see accounts/pools.py. `LOCAL` is nobody in Cognito, and has a password here;
        `SERVICES` are no people, and sign in nowhere.
        """

        CUSTOMERS = "customers"
        STAFF = "staff"
        LOCAL = "local"
        SERVICES = "services"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pool = models.CharField(
        max_length=10, choices=Pool.choices, default=Pool.CUSTOMERS, db_default=Pool.CUSTOMERS, editable=False
    )
    cognito_sub = models.CharField(max_length=64, null=True, blank=True, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=10, default="en")
    is_staff = models.BooleanField(default=False, help_text="May use the admin; follows the Cognito groups.")
    limited_to = models.CharField(
        max_length=10,
        blank=True,
        choices=[(role.value, role.value) for role in (Role.CATALOG, Role.SUPPORT)],
        default="",
        db_default="",
        editable=False,
        help_text="The one part of the shop that a member of staff works in; follows the Cognito groups. Empty: all.",
    )
    is_active = models.BooleanField("allowed in", default=True, help_text="Untick to block this person at once.")
    groups_as_of = models.DateTimeField(
        null=True, editable=False, help_text="When the token was issued whose groups the roles follow."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(
        null=True, editable=False, help_text="Since when the row names nobody, see docs/own-data.md."
    )

    granted: frozenset[Right] | None = None
    """What the token of the present request is good for; None where it was no token that let somebody in."""

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once_in_any_case"),
            models.UniqueConstraint(fields=["cognito_sub", "pool"], name="user_sub_once_in_its_pool"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def role(self) -> Role:
        if self.pool == self.Pool.SERVICES:
            return Role.SERVICE
        if self.is_superuser:
            return Role.ADMIN
        if self.is_staff:
            return Role(self.limited_to or Role.STAFF)
        return Role.CUSTOMER

    @property
    def address_of_nobody(self) -> str:
        """What stands in the place of the e-mail address once the account is deleted."""
        return f"{self.pk}@{NOBODY}"

    @property
    def rights(self) -> frozenset[Right]:
        """What may be done now: of what the role allows, what the token was given for."""
        return OF_ROLE[self.role] if self.granted is None else self.granted


def flags_of(role: Role) -> dict[str, Any]:
    """What an account's row has to say so that `role` is this one."""
    return {
        "is_staff": role is not Role.CUSTOMER,
        "is_superuser": role is Role.ADMIN,
        "limited_to": role if role in (Role.CATALOG, Role.SUPPORT) else "",
    }
