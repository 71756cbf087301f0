"""The shop window's indexes, each made while the shop goes on."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('catalog', '0002_the_whole_catalog'),
    ]

    operations = [
        RemoveIndexConcurrently(
            model_name='product',
            name='product_by_price',
        ),
        RemoveIndexConcurrently(
            model_name='product',
            name='product_by_age',
        ),
        AddIndexConcurrently(
            model_name='product',
            index=models.Index(django.db.models.functions.text.Lower('name'), models.F('id'), condition=models.Q(('status', 'active')), name='product_window_by_name'),
        ),
        AddIndexConcurrently(
            model_name='product',
            index=models.Index(condition=models.Q(('status', 'active')), fields=['price', 'id'], name='product_window_by_price'),
        ),
        AddIndexConcurrently(
            model_name='product',
            index=models.Index(condition=models.Q(('status', 'active')), fields=['created_at', 'id'], name='product_window_by_age'),
        ),
        AddIndexConcurrently(
            model_name='product',
            index=models.Index(condition=models.Q(('status', 'active'), ('in_stock', False)), fields=['id'], name='product_sold_out'),
        ),
        AddIndexConcurrently(
            model_name='product',
            index=django.contrib.postgres.indexes.GinIndex(fields=['traits'], name='product_by_trait'),
        ),
        AddIndexConcurrently(
            model_name='product',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search'], name='product_by_word'),
        ),
    ]
