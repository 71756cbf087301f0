from django.db import migrations

TABLES = ("invoices_invoice", "invoices_logo", "invoices_numberseries")

GUARD = """
CREATE FUNCTION invoices_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% holds what was issued: it cannot be emptied', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
""" + "".join(
    f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION invoices_never_emptied();\n"
    for table in TABLES
)

UNGUARD = "".join(f"DROP TRIGGER never_emptied ON {table};\n" for table in TABLES) + (
    "DROP FUNCTION invoices_never_emptied();"
)


class Migration(migrations.Migration):
    """TRUNCATE passes the triggers of rows, and takes by CASCADE what refers to them along."""

    dependencies = [("invoices", "0008_incoming_documents")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
