"""Tables and columns for what follows an order. The version before goes on beside them: each new column has a default."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid_utils.compat
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

IN_A_MOMENT = "SET LOCAL lock_timeout = '5s'"


def unchecked(model, name, kind, field):
    """A column without the CHECK that Django gives a positive number: for that PostgreSQL would read the whole table
    while everybody waits. The next migration adds it, and checks the rows while the shop goes on.
    """
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(
                f'ALTER TABLE orders_{model} ADD COLUMN {name} {kind} DEFAULT 0 NOT NULL',
                f'ALTER TABLE orders_{model} DROP COLUMN {name}',
            )
        ],
        state_operations=[migrations.AddField(model_name=model, name=name, field=field)],
    )


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0005_import_format'),
        ('orders', '0002_numbers_and_shipping_methods'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AddressChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('shipping', 'Shipping'), ('billing', 'Billing')], max_length=8)),
                ('before', models.JSONField(null=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.CharField(max_length=254)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Carrier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('tracking_url', models.CharField(blank=True, help_text='Such as https://example.com/track/{tracking_number}', max_length=300, verbose_name='tracking address')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=2000)),
                ('for_buyer', models.BooleanField(default=False)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.CharField(max_length=254)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('amount', models.DecimalField(decimal_places=3, max_digits=16)),
                ('tax', models.DecimalField(decimal_places=3, max_digits=16)),
                ('reason', models.CharField(max_length=500)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.CharField(blank=True, max_length=254)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Refusal',
            fields=[
                ('event_id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('code', models.CharField(help_text='The problem code of the answer.', max_length=40)),
                ('reason', models.CharField(max_length=1000)),
                ('request_id', models.CharField(blank=True, max_length=128)),
                ('items', models.JSONField(help_text='sku, quantity, and available where it ran short')),
                ('skus', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None, verbose_name='SKUs')),
            ],
            options={
                'ordering': ['-at', '-event_id'],
            },
        ),
        migrations.CreateModel(
            name='RestockedLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('carrier', models.CharField(max_length=60)),
                ('tracking_number', models.CharField(max_length=80)),
                ('tracking_url', models.CharField(blank=True, max_length=600)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.CharField(blank=True, max_length=254)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ShipmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='TaxRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(help_text='Of delivery, as ISO 3166-1 alpha-2 has it: DE.', max_length=2)),
                ('kind', models.CharField(choices=[('standard', 'Standard'), ('reduced', 'Reduced'), ('second_reduced', 'Second Reduced'), ('super_reduced', 'Super Reduced'), ('zero', 'Zero')], max_length=14)),
                ('rate', models.DecimalField(decimal_places=2, help_text='Per cent.', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('100'))])),
            ],
            options={
                'ordering': ['country', 'kind'],
            },
        ),
        migrations.AlterField(
            model_name='order',
            name='carrier',
            field=models.CharField(blank=True, help_text='Of the latest shipment.', max_length=60),
        ),
        migrations.AlterField(
            model_name='order',
            name='tracking_number',
            field=models.CharField(blank=True, help_text='Of the latest shipment.', max_length=80),
        ),
        migrations.AddField(
            model_name='addresschange',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='address_changes', to='orders.order'),
        ),
        migrations.AddConstraint(
            model_name='carrier',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='carrier_name_in_any_case'),
        ),
        migrations.AddField(
            model_name='note',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='orders.order'),
        ),
        migrations.AddField(
            model_name='refund',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refunds', to='orders.order'),
        ),
        migrations.AddIndex(
            model_name='refusal',
            index=models.Index(fields=['-at', '-event_id'], name='refusal_newest_first'),
        ),
        migrations.AddIndex(
            model_name='refusal',
            index=models.Index(fields=['code', '-at'], name='refusal_by_code'),
        ),
        migrations.AddIndex(
            model_name='refusal',
            index=django.contrib.postgres.indexes.GinIndex(fields=['skus'], name='refusal_by_sku'),
        ),
        migrations.AddField(
            model_name='restockedline',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='restocked_lines', to='orders.orderline'),
        ),
        migrations.AddField(
            model_name='restockedline',
            name='refund',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='restocked', to='orders.refund'),
        ),
        migrations.AddField(
            model_name='shipment',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shipments', to='orders.order'),
        ),
        migrations.AddField(
            model_name='shipmentline',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shipment_lines', to='orders.orderline'),
        ),
        migrations.AddField(
            model_name='shipmentline',
            name='shipment',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.shipment'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.UniqueConstraint(fields=('country', 'kind'), name='one_rate_per_country_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.UniqueConstraint(fields=('country', 'rate'), name='a_rate_is_of_one_kind'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.CheckConstraint(condition=models.Q(('rate__gte', 0), ('rate__lte', 100)), name='tax_rate_is_per_cent'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('tax__gte', 0), ('tax__lte', models.F('amount'))), name='refund_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='restockedline',
            constraint=models.UniqueConstraint(fields=('refund', 'line'), name='each_line_once_per_refund'),
        ),
        migrations.AddConstraint(
            model_name='restockedline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='restocked_quantity_positive'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(fields=['tracking_number'], name='shipment_by_tracking_number'),
        ),
        migrations.AddConstraint(
            model_name='shipmentline',
            constraint=models.UniqueConstraint(fields=('shipment', 'line'), name='each_line_once_per_shipment'),
        ),
        migrations.AddConstraint(
            model_name='shipmentline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='shipment_quantity_positive'),
        ),
        # Last, because from here on readers and writers of orders wait until the transaction has ended.
        migrations.RunSQL(IN_A_MOMENT, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name='orderline',
            name='line_total_adds_up',
        ),
        migrations.AddField(
            model_name='order',
            name='hidden_at',
            field=models.DateTimeField(editable=False, help_text='Set by DELETE: only the admin shows it.', null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='prices_include_tax',
            field=models.BooleanField(db_default=True, default=True),
        ),
        unchecked(
            'order', 'tracking_revision', 'smallint',
            models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, help_text='A tracking token of an earlier revision is revoked.'),
        ),
        unchecked(
            'orderline', 'restocked', 'integer',
            models.PositiveIntegerField(db_default=0, default=0, help_text='Units, of all refunds.'),
        ),
        unchecked(
            'orderline', 'shipped', 'integer',
            models.PositiveIntegerField(db_default=0, default=0, help_text='Units, of all shipments.'),
        ),
    ]
