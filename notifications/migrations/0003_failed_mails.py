"""The dashboard asks for failed mails, of which there are few among many."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("notifications", "0002_mails_to_several_people")]

    operations = [
        AddIndexConcurrently(
            model_name="mail",
            index=models.Index(fields=["-created_at"], name="mail_failed", condition=models.Q(status="failed")),
        ),
    ]
