"""The index by which a person is told what is stored about them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("invoices", "0005_hand_outs")]

    operations = [
        AddIndexConcurrently(
            "handout",
            models.Index(condition=models.Q(("by__isnull", False)), fields=["by"], name="hand_out_by_person"),
        ),
    ]
