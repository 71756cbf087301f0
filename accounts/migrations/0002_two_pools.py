"""An account's user pool, and the sub once in each; the index is built while people go on signing in."""

from django.db import migrations, models

NAME = "user_sub_once_in_its_pool"
BUILD = f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {NAME} ON accounts_user (cognito_sub, pool)"
TAKE = f"ALTER TABLE accounts_user ADD CONSTRAINT {NAME} UNIQUE USING INDEX {NAME}"
EMERGENCY = """
    UPDATE accounts_user SET pool = 'local' WHERE cognito_sub IS NULL AND is_superuser AND password NOT LIKE '!%'
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='pool',
            field=models.CharField(choices=[('customers', 'Customers'), ('staff', 'Staff'), ('local', 'Local')], db_default='customers', default='customers', editable=False, max_length=10),
        ),
        migrations.RunSQL(EMERGENCY, migrations.RunSQL.noop),
        migrations.RunSQL(BUILD, f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(TAKE, f"ALTER TABLE accounts_user DROP CONSTRAINT {NAME}"),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='user',
                    constraint=models.UniqueConstraint(fields=('cognito_sub', 'pool'), name=NAME),
                ),
            ],
        ),
        migrations.AlterField(
            model_name='user',
            name='cognito_sub',
            field=models.CharField(blank=True, editable=False, max_length=64, null=True),
        ),
    ]
