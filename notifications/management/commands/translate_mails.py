"""Brings the catalogs of the mails' texts up to date."""

from __future__ import annotations

from typing import Any

from babel.messages import Catalog
from django.core.management.base import BaseCommand

from notifications.mail import catalogs


class Command(BaseCommand):
    help = "Adds new texts of the mails to each django.po, drops those that are gone, and compiles django.mo beside it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        said = Catalog()
        for text in catalogs.texts():
            said.add(text)
        for source in catalogs.sources():
            catalog = catalogs.read(source)
            catalog.update(said, no_fuzzy_matching=True)
            catalog.obsolete.clear()
            source.write_bytes(catalogs.written(catalog))
            source.with_suffix(".mo").write_bytes(catalogs.compiled(catalog))
            left = sum(1 for message in catalog if message.id and not message.string)
            self.stdout.write(f"{catalog.locale}: {len(catalog)} texts, {left} to translate")
