"""Indexes and constraints of large tables: made, checked and dropped while the shop goes on."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

COVERED = [
    'orders_order_customer_id_0b76f6a4',
    'orders_order_shipping_method_id_428e13e2',
    'orders_order_shipping_method_id_428e13e2_like',
    'orders_orderhistory_order_id_04c27f47',
    'orders_orderline_order_id_17f8f3ef',
]
"""Indexes that Django makes for a foreign key, and another one begins with. Dropped by name: an AlterField would drop the
foreign keys as well, and check all rows when it makes them again."""

POSITIVE = [('orders_order', 'tracking_revision'), ('orders_orderline', 'restocked'), ('orders_orderline', 'shipped')]
"""Columns with a CHECK that Django makes without a name; PostgreSQL names it as here."""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('orders', '0003_after_the_order'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='order',
            index=models.Index(fields=['total', '-created_at'], name='order_by_total'),
        ),
        AddIndexConcurrently(
            model_name='orderline',
            index=models.Index(fields=['sku', 'order'], name='line_by_sku'),
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_total__gte', 0), ('refunded_total__lte', models.F('total'))), name='order_refund_within_total'),
        ),
        AddConstraintNotValid(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('total', django.db.models.expressions.CombinedExpression(models.F('unit_price'), '*', models.F('quantity'))), ('total', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('unit_price'), '*', models.F('quantity')), '+', models.F('tax'))), _connector='OR'), name='line_total_is_price_or_with_tax'),
        ),
        AddConstraintNotValid(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('shipped__lte', models.F('quantity'))), name='line_shipped_within_quantity'),
        ),
        AddConstraintNotValid(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('restocked__lte', models.F('quantity'))), name='line_restocked_within_quantity'),
        ),
        *(
            migrations.RunSQL(
                f'ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_check CHECK ({column} >= 0) NOT VALID',
                f'ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_check',
            )
            for table, column in POSITIVE
        ),
        ValidateConstraint(model_name='order', name='order_refund_within_total'),
        ValidateConstraint(model_name='orderline', name='line_total_is_price_or_with_tax'),
        ValidateConstraint(model_name='orderline', name='line_shipped_within_quantity'),
        ValidateConstraint(model_name='orderline', name='line_restocked_within_quantity'),
        *(
            migrations.RunSQL(f'ALTER TABLE {table} VALIDATE CONSTRAINT {table}_{column}_check', migrations.RunSQL.noop)
            for table, column in POSITIVE
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f'DROP INDEX CONCURRENTLY IF EXISTS {name}', migrations.RunSQL.noop)
                for name in COVERED
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='order',
                    name='customer',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='order',
                    name='shipping_method',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='orders.shippingmethod'),
                ),
                migrations.AlterField(
                    model_name='orderhistory',
                    name='order',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='history', to='orders.order'),
                ),
                migrations.AlterField(
                    model_name='orderline',
                    name='order',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.order'),
                ),
            ],
        ),
    ]
