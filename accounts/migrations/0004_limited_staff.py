from django.db import migrations, models


class Migration(migrations.Migration):
    """Staff of one part of the shop. The version before takes its default, which is staff of all of it, as they were."""

    dependencies = [
        ("accounts", "0003_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="limited_to",
            field=models.CharField(
                blank=True,
                choices=[("catalog", "catalog"), ("support", "support")],
                db_default="",
                default="",
                editable=False,
                help_text="The one part of the shop that a member of staff works in; follows the Cognito groups. Empty: all.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="is_staff",
            field=models.BooleanField(default=False, help_text="May use the admin; follows the Cognito groups."),
        ),
    ]
