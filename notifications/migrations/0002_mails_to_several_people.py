"""A mail to each of several people about one event; the index is built while mails go on being written."""

from django.db import migrations, models

NAME = "each_mail_once_for_each"
BUILD = f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {NAME} ON notifications_mail (event_id, kind, \"to\")"
TAKE = f"ALTER TABLE notifications_mail ADD CONSTRAINT {NAME} UNIQUE USING INDEX {NAME}"


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('invoices', '0002_issued_documents_never_change'),
        ('notifications', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='mail',
            name='kind',
            field=models.CharField(choices=[('order_received', 'Order Received'), ('order_confirmed', 'Order Confirmed'), ('order_cancelled', 'Order Cancelled'), ('stock_low', 'Stock Low')], max_length=40),
        ),
        migrations.RunSQL(BUILD, f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(TAKE, f"ALTER TABLE notifications_mail DROP CONSTRAINT {NAME}"),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='mail',
                    constraint=models.UniqueConstraint(fields=('event_id', 'kind', 'to'), name=NAME),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='mail',
            name='each_mail_once',
        ),
    ]
