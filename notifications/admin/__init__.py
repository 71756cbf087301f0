from notifications.admin.mails import MailAdmin
from notifications.admin.suppressions import SuppressionAdmin

__all__ = ["MailAdmin", "SuppressionAdmin"]
