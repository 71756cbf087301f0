"""Version B of the shop: a copy of this one, with a column that it writes with each order, and the migration for it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

VERSION = "2.0.0"
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "cdk.out", "deploy")
FIELD = '    placed_by = models.CharField(max_length=20, default="{version}", db_default="", editable=False)\n'
MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "{latest}")]

    operations = [
        migrations.AddField(
            "order",
            "placed_by",
            models.CharField(db_default="", default="{version}", editable=False, max_length=20),
        ),
    ]
"""


def make(root: Path, target: Path) -> None:
    """Copies the shop at `root` to `target`, and changes it there. Raises ValueError where it has changed."""
    shutil.copytree(root, target, ignore=NOT_COPIED)
    _replace(target / "shop" / "settings.py", r'^VERSION = ".*"$', f'VERSION = "{VERSION}"')
    number = r"^    number = models\.CharField\(.*\n"
    _replace(target / "orders" / "models" / "orders.py", number, rf"\g<0>{FIELD.format(version=VERSION)}")
    migrations = target / "orders" / "migrations"
    latest = max(path.stem for path in migrations.glob("[0-9]*.py"))
    text = MIGRATION.format(latest=latest, version=VERSION)
    (migrations / f"{int(latest[:4]) + 1:04}_placed_by.py").write_text(text)


def _replace(file: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, by, file.read_text(), count=1, flags=re.MULTILINE)
    if not count:
        raise ValueError(f"{file.name} has nothing like {pattern}: how version B differs must be written anew.")
    file.write_text(text)
