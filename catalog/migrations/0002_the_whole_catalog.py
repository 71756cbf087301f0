"""Tables and columns of the whole catalog, and what the database itself keeps: see each statement.

Nothing here rewrites a table or waits for long: columns come with a default of the database, so that the version that
still runs beside can go on to insert rows, and a lock that is not had at once is given up.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid_utils.compat
from decimal import Decimal
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models


IN_A_MOMENT = "SET LOCAL lock_timeout = '5s'"

# Text as search compares it: small letters without accents, and nothing but letters and digits.
PLAIN = """
CREATE FUNCTION catalog_plain(text text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT regexp_replace(lower(unaccent(text)), '[^[:alnum:]]+', ' ', 'g') $$
"""

# A statement that changes the catalog counts itself, in a row that no other transaction holds: SKIP LOCKED never waits,
# so that writers neither queue nor deadlock here. `catalog/revision.py` reads the sum.
REVISION = """
CREATE TABLE catalog_revision (slot integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, changes bigint NOT NULL);
INSERT INTO catalog_revision (changes) SELECT 0 FROM generate_series(1, 16);
CREATE FUNCTION catalog_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog_revision SET changes = changes + 1
    WHERE slot = (SELECT slot FROM catalog_revision LIMIT 1 FOR UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO catalog_revision (changes) VALUES (1);
    END IF;
    RETURN NULL;
END $$;
"""
COUNTED = ("category", "categoryattribute", "product", "productimage", "productslug", "variant")
TRIGGER = """
CREATE TRIGGER catalog_count_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog_{table}
FOR EACH STATEMENT EXECUTE FUNCTION catalog_count_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(IN_A_MOMENT, migrations.RunSQL.noop),
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(PLAIN, "DROP FUNCTION catalog_plain"),
        migrations.CreateModel(
            name='CategoryAttribute',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('\\A[a-z0-9][a-z0-9_-]*\\Z', 'Use small letters, digits, _ and -.', 'invalid_name')])),
                ('type', models.CharField(choices=[('text', 'Text'), ('number', 'Number'), ('boolean', 'Boolean'), ('choice', 'Choice')], default='text', max_length=8)),
                ('choices', models.JSONField(blank=True, default=list, help_text='What there is to choose, where the type is choice.')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(help_text='product or category', max_length=20)),
                ('subject_id', models.UUIDField(help_text='The id of the product or category, which may be gone.')),
                ('name', models.CharField(help_text='What it was called then.', max_length=200)),
                ('action', models.CharField(choices=[('created', 'Created'), ('updated', 'Updated'), ('archived', 'Archived'), ('deleted', 'Deleted')], max_length=10)),
                ('changes', models.JSONField(default=dict, help_text='Field → its value before and after.')),
                ('by', models.CharField(blank=True, max_length=254)),
                ('request_id', models.CharField(blank=True, max_length=128)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('products', 'Products')], default='products', max_length=20)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=10)),
                ('dry_run', models.BooleanField(default=False, help_text='Checks every row and changes nothing.')),
                ('key', models.CharField(help_text='Where in the bucket the file lies.', max_length=200)),
                ('filename', models.CharField(blank=True, max_length=200)),
                ('mapping', models.JSONField(blank=True, default=dict, help_text="Our column → the file's.")),
                ('rows', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('created', models.PositiveIntegerField(default=0)),
                ('updated', models.PositiveIntegerField(default=0)),
                ('unchanged', models.PositiveIntegerField(default=0)),
                ('error', models.TextField(blank=True, help_text='Why it failed as a whole.')),
                ('by', models.CharField(blank=True, max_length=254)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ProductImage',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField(default=0)),
                ('alt', models.CharField(blank=True, help_text='What it shows, for who cannot see it.', max_length=200, verbose_name='alt text')),
                ('key', models.CharField(editable=False, help_text='Where in the bucket the original lies.', max_length=200)),
                ('thumbnail_key', models.CharField(blank=True, editable=False, help_text='Empty until it is made.', max_length=200)),
                ('content_type', models.CharField(editable=False, max_length=40)),
                ('width', models.PositiveIntegerField(editable=False)),
                ('height', models.PositiveIntegerField(editable=False)),
                ('size', models.PositiveIntegerField(editable=False, help_text='Bytes.')),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ProductSlug',
            fields=[
                ('slug', models.SlugField(max_length=240, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='RejectedRow',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('row', models.PositiveIntegerField(help_text='The line of the file, the header being line 1.')),
                ('column', models.CharField(blank=True, max_length=80)),
                ('code', models.CharField(max_length=60)),
                ('message', models.TextField()),
            ],
            options={
                'ordering': ['run', 'row', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('word', models.CharField(db_collation='C', max_length=100, primary_key=True, serialize=False)),
            ],
        ),
        migrations.AddField(
            model_name='category',
            name='version',
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name='product',
            name='in_stock',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='Whether a variant has a unit.'),
        ),
        migrations.AddField(
            model_name='product',
            name='search',
            field=django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='product',
            name='traits',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=models.Value([], output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)), default=list, editable=False, help_text='`name=value` for each attribute of it and of its variants.', size=None),
        ),
        migrations.AddField(
            model_name='variant',
            name='low_stock',
            field=models.PositiveIntegerField(blank=True, help_text='When the stock falls to this number or below it, staff get a mail. Empty: never.', null=True, verbose_name='low at'),
        ),
        migrations.AlterField(
            model_name='product',
            name='price',
            field=models.DecimalField(decimal_places=3, default=Decimal('0'), editable=False, help_text="Its cheapest variant's.", max_digits=14),
        ),
        migrations.AddField(
            model_name='categoryattribute',
            name='category',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attribute_definitions', to='catalog.category'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['subject_id', '-id'], name='change_of_subject'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['queued', 'running'])), fields=('kind',), name='one_import_of_a_kind_at_a_time'),
        ),
        migrations.AddField(
            model_name='productimage',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='images', to='catalog.product'),
        ),
        migrations.AddField(
            model_name='productslug',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former_slugs', to='catalog.product'),
        ),
        migrations.AddField(
            model_name='rejectedrow',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejected', to='catalog.import'),
        ),
        migrations.AddIndex(
            model_name='searchword',
            index=django.contrib.postgres.indexes.GinIndex(fields=['word'], name='search_word_by_trigram', opclasses=['gin_trgm_ops']),
        ),
        migrations.AddConstraint(
            model_name='categoryattribute',
            constraint=models.UniqueConstraint(fields=('category', 'name'), name='attribute_once_in_its_category'),
        ),
        migrations.RunSQL(REVISION, "DROP TABLE catalog_revision; DROP FUNCTION catalog_count_change"),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table), f"DROP TRIGGER catalog_count_change ON catalog_{table}"
            )
            for table in COUNTED
        ),
    ]
