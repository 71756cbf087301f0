from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SearchWord(models.Model):
    """A word that some product has: what a misspelt one is compared with. Words are added and never taken away."""

    word = models.CharField(max_length=100, primary_key=True, db_collation="C")  # so that beginnings are a range of it

    class Meta:
        indexes = [GinIndex(fields=["word"], name="search_word_by_trigram", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.word
