"""How the file of an import was read: its encoding and its separator. With defaults of the database, for the version
that still runs beside."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_fill'),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='import',
            name='encoding',
            field=models.CharField(blank=True, db_default='', help_text='How the text was read.', max_length=20),
        ),
        migrations.AddField(
            model_name='import',
            name='separator',
            field=models.CharField(blank=True, db_default='', help_text='What stands between its fields.', max_length=1),
        ),
    ]
