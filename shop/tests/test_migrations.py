"""A migration runs beside the version before it: nobody waits for it longer than a moment, and no insert fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.models import Product
from orders.models import Carrier, ShippingMethod, TaxRate

SUBJECT = re.compile(r'(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?\S+ ON) "?(\w+)"?')
MADE = re.compile(r'CREATE TABLE "?(\w+)"?')
FORBIDDEN = {
    r"^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)": "writers wait until the index is made: AddIndexConcurrently",
    r"ADD COLUMN (?!.*\bDEFAULT\b).*\bNOT NULL": "the version before inserts rows without it: give it a db_default",
    r"ADD COLUMN .*\bCHECK\b": "all wait while every row is checked: add the column without, then NOT VALID",
    r"ADD CONSTRAINT (?!.*(NOT VALID|USING INDEX))": "all wait while every row is checked: AddConstraintNotValid",
    r"ALTER COLUMN .* DROP DEFAULT": "the version before inserts rows without it: give it a db_default",
    r"ALTER COLUMN .* (TYPE|SET NOT NULL)": "all wait while every row is written or checked",
    r"(DROP|RENAME) COLUMN|RENAME TO": "the version before still reads and writes it",
}
ALLOWED = {
    ("catalog", "0002_the_whole_catalog"): "two CHECKs on tables of thousands of rows, and the shop had no orders yet",
    ("events", "0003_longer_subjects"): "a longer varchar touches no row",
}


def complaints(statements: list[str]) -> list[str]:
    """What is wrong with a migration's statements; a table that it makes itself is nobody's yet."""
    made = {match[1] for statement in statements for match in MADE.finditer(statement)}
    return [
        f"{statement}\n    {why}"
        for statement in statements
        if (subject := SUBJECT.search(statement)) and subject[1] not in made
        for pattern, why in FORBIDDEN.items()
        if re.search(pattern, statement)
    ]


@pytest.mark.django_db(transaction=True)  # what is made CONCURRENTLY refuses to be in one
def test_no_migration_keeps_the_version_before_waiting() -> None:
    loader = MigrationExecutor(connection).loader
    ours = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    found = {
        key: complaints(loader.collect_sql([(migration, False)]))
        for key, migration in loader.disk_migrations.items()
        if key[0] in ours and key not in ALLOWED
    }

    assert ("orders", "0001_initial") in found
    assert {key: wrong for key, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX "order_by_total" ON "orders_order" ("total")',
        'ALTER TABLE "orders_order" ADD COLUMN "channel" varchar(9) NOT NULL',
        'ALTER TABLE "orders_order" ADD COLUMN "channel" integer DEFAULT 0 NOT NULL CHECK ("channel" >= 0)',
        'ALTER TABLE "orders_order" ADD CONSTRAINT "c" CHECK ("total" >= 0)',
        'ALTER TABLE "orders_order" ADD CONSTRAINT "c" FOREIGN KEY ("a") REFERENCES "b" ("id")',
        'ALTER TABLE "orders_order" ALTER COLUMN "number" TYPE text',
        'ALTER TABLE "orders_order" ALTER COLUMN "channel" DROP DEFAULT',
        'ALTER TABLE "orders_order" DROP COLUMN "note" CASCADE',
    ],
)
def test_what_would_keep_it_waiting_is_found(statement: str) -> None:
    assert len(complaints([statement])) == 1
    assert complaints(['CREATE TABLE "orders_order" ("id" uuid)', statement]) == []


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX CONCURRENTLY "order_by_total" ON "orders_order" ("total")',
        'ALTER TABLE "orders_order" ADD COLUMN "channel" varchar(9) DEFAULT \'\' NOT NULL',
        'ALTER TABLE "orders_order" ADD COLUMN "hidden_at" timestamp with time zone NULL',
        'ALTER TABLE "orders_order" ADD CONSTRAINT "c" CHECK ("total" >= 0) NOT VALID',
        'ALTER TABLE "orders_order" VALIDATE CONSTRAINT "c"',
    ],
)
def test_what_takes_a_moment_is_not(statement: str) -> None:
    assert complaints([statement]) == []


def test_after_a_test_with_real_commits_every_other_finds_what_migrations_made(transactional_db: None) -> None:
    made = [list(model.objects.order_by("pk").values()) for model in (ShippingMethod, Carrier, TaxRate)]
    assert all(made)
    Product.objects.create(code="MUG", name="Mug")
    Carrier.objects.all().delete()
    ShippingMethod.objects.update(name="Changed")

    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)  # as Django does after such a test

    assert [list(model.objects.order_by("pk").values()) for model in (ShippingMethod, Carrier, TaxRate)] == made
    assert not Product.objects.exists()
