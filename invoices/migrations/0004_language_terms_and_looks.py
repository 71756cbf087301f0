"""What else a document freezes: its language, its terms, its paper, its logo. Earlier ones stay as they are."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("invoices", "0003_credit_notes")]

    operations = [
        migrations.CreateModel(
            name="Logo",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("media_type", models.CharField(max_length=20)),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.AddField(
            "invoice",
            "language",
            models.CharField(db_default="en", default="en", help_text="The buyer's.", max_length=10),
        ),
        migrations.AddField(
            "invoice",
            "terms",
            models.JSONField(
                help_text="pay_by (transfer, pix, cash or the card) and due_on, if they say so", null=True
            ),
        ),
        migrations.AddField(
            "invoice",
            "paper",
            models.CharField(
                choices=[("A4", "A4"), ("Letter", "Letter")], db_default="A4", default="A4", max_length=6
            ),
        ),
        migrations.AddField(
            "invoice",
            "logo",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="invoices.logo",
            ),
        ),
        migrations.AlterField(
            "invoice",
            "seller",
            models.JSONField(
                help_text="name, address, country, tax_id, and those that it has: city, vat_id, iban, bic, pix_key"
            ),
        ),
    ]
