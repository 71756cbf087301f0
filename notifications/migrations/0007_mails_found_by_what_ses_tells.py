"""SES tells of mails by its own ids; and a mail's page shows those that sent it again."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("notifications", "0006_what_becomes_of_mails")]

    operations = [
        AddIndexConcurrently(
            model_name="mail",
            index=models.Index(fields=["ses_id"], name="mail_by_ses_id", condition=~Q(ses_id="")),
        ),
        AddIndexConcurrently(
            model_name="mail",
            index=models.Index(fields=["resends"], name="mail_resent", condition=Q(resends__isnull=False)),
        ),
    ]
