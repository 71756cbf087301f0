from django.db import migrations

GUARD = """
CREATE FUNCTION invoices_logo_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'logo % never changes: documents were issued with it', OLD.sha256
        USING ERRCODE = 'restrict_violation', TABLE = 'invoices_logo';
END
$$;

CREATE TRIGGER logo_never_changes BEFORE UPDATE OR DELETE ON invoices_logo
FOR EACH ROW EXECUTE FUNCTION invoices_logo_never_changes();
"""

UNGUARD = """
DROP TRIGGER logo_never_changes ON invoices_logo;
DROP FUNCTION invoices_logo_never_changes();
"""


class Migration(migrations.Migration):
    """A logo is a part of the documents that show it. Another one is another row."""

    dependencies = [("invoices", "0006_hand_outs_by_person")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
