"""The database's part of a start, in one process, because each start of Django costs a second: tables, demo shop."""

from __future__ import annotations

import os

import django
from django.core.management import call_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    call_command("load_demo_shop")


if __name__ == "__main__":
    main()
