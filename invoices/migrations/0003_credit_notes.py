"""A credit note says which refund it is for, and why; one for each refund, and one at most for the rest of an invoice."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

FOR_A_REFUND = models.UniqueConstraint(
    fields=["refund"], condition=Q(refund__isnull=False), name="one_credit_note_per_refund"
)
FOR_THE_REST = models.UniqueConstraint(
    fields=["corrects"],
    condition=Q(kind="credit_note", refund__isnull=True),
    name="one_credit_note_for_the_rest",
)


def unique(constraint: models.UniqueConstraint, columns: str, condition: str) -> migrations.SeparateDatabaseAndState:
    """The constraint as Django has it, made while the shop goes on issuing."""
    return migrations.SeparateDatabaseAndState(
        [
            migrations.RunSQL(
                f"CREATE UNIQUE INDEX CONCURRENTLY {constraint.name} ON invoices_invoice ({columns}) WHERE {condition}",
                f"DROP INDEX CONCURRENTLY {constraint.name}",
            )
        ],
        [migrations.AddConstraint("invoice", constraint)],
    )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("invoices", "0002_issued_documents_never_change"),
        ("orders", "0007_found_by_staff"),
    ]

    operations = [
        migrations.AddField(
            "invoice",
            "refund",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="orders.refund",
            ),
        ),
        migrations.AddField(
            "invoice",
            "reason",
            models.CharField(blank=True, db_default="", default="", help_text="Of a credit note.", max_length=500),
        ),
        migrations.AlterField(
            "invoice",
            "lines",
            models.JSONField(
                help_text="kind (item, shipping or refund), sku, name, quantity, unit_price, tax_rate, tax, total"
            ),
        ),
        unique(FOR_A_REFUND, "refund_id", "refund_id IS NOT NULL"),
        unique(FOR_THE_REST, "corrects_id", "kind = 'credit_note' AND refund_id IS NULL"),
        AddConstraintNotValid(
            "invoice",
            models.CheckConstraint(
                condition=Q(kind="credit_note", corrects__isnull=False)
                | Q(kind="invoice", corrects__isnull=True, refund__isnull=True),
                name="credit_notes_correct_an_invoice",
            ),
        ),
        ValidateConstraint("invoice", "credit_notes_correct_an_invoice"),
    ]
