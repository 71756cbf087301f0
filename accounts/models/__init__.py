"""The accounts' tables, a module for each idea."""

from accounts.models.addresses import Address
from accounts.models.exports import DataExport
from accounts.models.users import User, UserManager, flags_of

__all__ = ["Address", "DataExport", "User", "UserManager", "flags_of"]
