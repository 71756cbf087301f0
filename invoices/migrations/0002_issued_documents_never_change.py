from django.db import migrations

GUARD = """
CREATE FUNCTION invoices_issued_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stored constant text[] := ARRAY['key', 'sha256', 'size', 'stored_at'];
BEGIN
    IF TG_OP = 'UPDATE'
        AND OLD.stored_at IS NULL
        AND NEW.stored_at IS NOT NULL AND NEW.key <> '' AND NEW.sha256 <> '' AND NEW.size > 0
        AND to_jsonb(NEW) - stored = to_jsonb(OLD) - stored
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'invoice % is issued: it can neither be changed nor deleted', OLD.number
        USING ERRCODE = 'restrict_violation', TABLE = 'invoices_invoice';
END
$$;

CREATE TRIGGER issued_never_changes BEFORE UPDATE OR DELETE ON invoices_invoice
FOR EACH ROW EXECUTE FUNCTION invoices_issued_never_changes();

CREATE FUNCTION invoices_numbers_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.series, NEW.year, NEW.last) = (OLD.series, OLD.year, OLD.last + 1) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the numbers of series %-% go up by one and never back', OLD.series, OLD.year
        USING ERRCODE = 'restrict_violation', TABLE = 'invoices_numberseries';
END
$$;

CREATE TRIGGER numbers_only_grow BEFORE UPDATE OR DELETE ON invoices_numberseries
FOR EACH ROW EXECUTE FUNCTION invoices_numbers_only_grow();
"""

UNGUARD = """
DROP TRIGGER numbers_only_grow ON invoices_numberseries;
DROP FUNCTION invoices_numbers_only_grow();
DROP TRIGGER issued_never_changes ON invoices_invoice;
DROP FUNCTION invoices_issued_never_changes();
"""


class Migration(migrations.Migration):
    """What has been issued cannot be changed or deleted, by nobody. Only the PDF's place and hash are added, once."""

    dependencies = [("invoices", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
