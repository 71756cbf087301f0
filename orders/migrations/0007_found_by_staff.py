"""Indexes by which staff find an order: the beginning of an address, the end of a number, the words of a name."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models
from django.db.models.fields.json import KT
from django.db.models.functions import Reverse

UNUSED = "orders_order_number_abc9e0f2_like"
"""Django's own, for the beginning of a number: all orders of a year have it in common, so nobody asks for it."""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("orders", "0006_tax_rates_of_the_eu")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                fields=["email", "-created_at", "-id"],
                opclasses=["varchar_pattern_ops", "timestamptz_ops", "uuid_ops"],
                name="order_by_email_or_part",
            ),
        ),
        RemoveIndexConcurrently(model_name="order", name="order_by_email"),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(OpClass(Reverse("number"), "text_pattern_ops"), name="order_by_number_end"),
        ),
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {UNUSED}",
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {UNUSED} ON orders_order (number varchar_pattern_ops)",
        ),
        AddIndexConcurrently(
            model_name="order",
            index=GinIndex(SearchVector(KT("shipping_address__name"), config="simple"), name="order_by_name"),
        ),
        # Until it has statistics of the new expressions, the planner reads all orders for a name that few have.
        migrations.RunSQL("ANALYZE orders_order", migrations.RunSQL.noop),
    ]
