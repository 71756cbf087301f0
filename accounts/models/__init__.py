"""The accounts' tables, a module for each idea."""

from accounts.models.addresses import Address
from accounts.models.users import User, UserManager

__all__ = ["Address", "User", "UserManager"]
