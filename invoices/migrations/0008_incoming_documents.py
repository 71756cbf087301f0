"""Documents that suppliers send: the uploads, and the invoices that they became."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoices', '0007_logos_never_change'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='IncomingDocument',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('URL_GENERATED', 'waiting for the upload'), ('INVOICE_RECEIVED', 'received'), ('INVOICE_PROCESSED', 'processed'), ('NON_VALID_INVOICE_NUMBER', 'number not valid'), ('INVOICE_REJECTED', 'rejected'), ('TIMEOUT', 'timed out'), ('INVOICE_CANCELLED', 'cancelled')], default='URL_GENERATED', max_length=24)),
                ('detail', models.CharField(blank=True, help_text='Why it ended as it did.', max_length=500)),
                ('errors', models.JSONField(blank=True, default=list, help_text='field, code and message of each thing wrong with it')),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('deadline', models.DateTimeField(help_text='When it times out, unless it is processed by then.')),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SupplierInvoice',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('credit_note', 'Credit Note')], max_length=12)),
                ('form', models.CharField(choices=[('json', 'JSON'), ('xml', 'XML'), ('pdf', 'PDF')], max_length=4)),
                ('number', models.CharField(max_length=40)),
                ('supplier', models.CharField(max_length=200)),
                ('issued_on', models.DateField(blank=True, help_text='As the document says; JSON does not.', null=True)),
                ('total', models.DecimalField(decimal_places=3, max_digits=15)),
                ('currency', models.CharField(max_length=3)),
                ('product_id', models.CharField(blank=True, help_text='Of JSON alone.', max_length=100)),
                ('quantity', models.PositiveIntegerField(blank=True, help_text='Of JSON alone.', null=True)),
                ('key', models.CharField(help_text='Where the document lies in the bucket.', max_length=200, unique=True)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('imported_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='invoice', to='invoices.incomingdocument')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddIndex(
            model_name='incomingdocument',
            index=models.Index(condition=models.Q(('state__in', ['URL_GENERATED', 'INVOICE_RECEIVED'])), fields=['deadline'], name='open_documents_by_deadline'),
        ),
        migrations.AddIndex(
            model_name='incomingdocument',
            index=models.Index(fields=['ended_at'], name='documents_by_end'),
        ),
        migrations.AddConstraint(
            model_name='incomingdocument',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state__in', ['URL_GENERATED', 'INVOICE_RECEIVED'])), models.Q(models.Q(('state__in', ['URL_GENERATED', 'INVOICE_RECEIVED']), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='an_end_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='supplierinvoice',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('supplier'), django.db.models.functions.text.Lower('number'), name='each_supplier_number_once'),
        ),
    ]
