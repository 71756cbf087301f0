"""Works out the new columns of the products that there are, a few at a time, so that no sale waits for it."""

from django.db import migrations

STEP = 500
FILL = """
UPDATE catalog_product p SET
    in_stock = EXISTS (SELECT FROM catalog_variant v WHERE v.product_id = p.id AND v.stock > 0),
    traits = ARRAY(
        SELECT DISTINCT key || '=' || value FROM (
            SELECT p.attributes UNION ALL SELECT attributes FROM catalog_variant WHERE product_id = p.id
        ) AS sources (attributes), jsonb_each_text(sources.attributes) ORDER BY 1
    ),
    search = setweight(to_tsvector('simple', catalog_plain(concat_ws(' ', p.name, p.code, p.model))), 'A')
        || setweight(to_tsvector('simple', catalog_plain(p.description)), 'D')
WHERE p.id IN (
    SELECT id FROM catalog_product WHERE search IS NULL ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
)
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(FILL, [STEP])
            if cursor.rowcount == 0:
                return


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('catalog', '0003_indexes'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
