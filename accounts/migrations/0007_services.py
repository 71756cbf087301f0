from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0006_deleted_accounts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="pool",
            field=models.CharField(
                choices=[
                    ("customers", "Customers"),
                    ("staff", "Staff"),
                    ("local", "Local"),
                    ("services", "Services"),
                ],
                db_default="customers",
                default="customers",
                editable=False,
                max_length=10,
            ),
        ),
    ]
