"""The accounts' tables, a module for each idea."""

from accounts.models.addresses import Address
from accounts.models.exports import DataExport
from accounts.models.users import NOBODY, User, UserManager, flags_of

__all__ = ["NOBODY", "Address", "DataExport", "User", "UserManager", "flags_of"]
