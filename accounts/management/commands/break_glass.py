from __future__ import annotations

import getpass
import secrets
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts.emergencies import SHORTEST, AddressInUse, break_glass, put_back


class Command(BaseCommand):
    help = (
        "Makes an admin with a local password, for when Cognito cannot be reached, or gives it a new password. "
        f"Asks for the password, of {SHORTEST} characters or more, on a terminal; anywhere else it prints one, once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="An address that no other account has. It need not exist.")
        parser.add_argument("--remove", action="store_true", help="Take the account away again, and end its sign-ins.")

    def handle(self, *args: Any, email: str, remove: bool, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email} is no e-mail address.") from None
        if remove:
            if not put_back(email=email):
                raise CommandError(f"There is no emergency account {email}.")
            self.stdout.write(f"{email} cannot sign in any more.")
            return
        given = _asked() if sys.stdin.isatty() else ""
        password = given or secrets.token_urlsafe(24)
        try:
            break_glass(email=email, password=password)
        except AddressInUse:
            raise CommandError(f"{email} is an account that signs in by Cognito. Take another address.") from None
        self.stdout.write(
            f"{email} may sign in to /admin, until --remove." + ("" if given else f"\nPassword: {password}")
        )


def _asked() -> str:
    password = getpass.getpass("Password (empty: one is made): ")
    if password and len(password) < SHORTEST:
        raise CommandError(f"It needs {SHORTEST} characters or more.")
    if password and getpass.getpass("Again: ") != password:
        raise CommandError("These are two different passwords.")
    return password
