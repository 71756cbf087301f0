from django.db import migrations, models


class Migration(migrations.Migration):
    """A column with a default of the database: no row is written anew, and the version before may go on inserting."""

    dependencies = [("events", "0003_longer_subjects")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="traceparent",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The span that recorded it: see `api/tracing`.",
                max_length=55,
            ),
        ),
    ]
