from decimal import Decimal

from django.db import migrations, models

# Standard, reduced, second reduced, super-reduced; - where a country has none. As the European Commission's database
# "Taxes in Europe" (TEDB) has them in 2026; left out are parking rates, and rates that hold in a region alone. Staff must
# check them before they sell to a country: https://taxation-customs.ec.europa.eu/tedb/vatRates.html
#
# The kinds are those of articles 97 and 98 of the VAT Directive (2006/112/EC): a super-reduced rate is below 5 per cent.
# Of two reduced ones, the lower is `reduced` and the higher `second_reduced`. Which of them applies to more goods is a
# matter of opinion and changes from year to year; this does not.
RATES = """
    AT  20    10    13    4.9
    BE  21     6    12    -
    BG  20     9     -    -
    CY  19     5     9    3
    CZ  21    12     -    -
    DE  19     7     -    -
    DK  25     -     -    -
    EE  24     9    13    -
    ES  21    10     -    4
    FI  25.5  10    13.5  -
    FR  20     5.5  10    2.1
    GR  24     6    13    -
    HR  25     5    13    -
    HU  27     5    18    -
    IE  23     9    13.5  4.8
    IT  22     5    10    4
    LT  21     5    12    -
    LU  17     8    14    3
    LV  21     5    12    -
    MT  18     5     7    -
    NL  21     9     -    -
    PL  23     5     8    -
    PT  23     6    13    -
    RO  21    11     -    -
    SE  25     6    12    -
    SI  22     5     9.5  -
    SK  23     5    19    -
"""
KINDS = ["standard", "reduced", "second_reduced", "super_reduced"]


def make_tax_rates(apps, schema_editor):
    """A start, which staff keep up to date in the admin. What they have entered already stays."""
    rates = apps.get_model("orders", "TaxRate")
    rows = [line.split() for line in RATES.strip().splitlines()]
    rates.objects.bulk_create(
        (
            rates(country=country, kind=kind, rate=Decimal(rate))
            for country, *row in rows
            for kind, rate in zip(KINDS, row, strict=True)
            if rate != "-"
        ),
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_carriers")]
    operations = [
        migrations.RunPython(make_tax_rates, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="shippingmethod",
            name="free_from",
            field=models.DecimalField(
                blank=True,
                decimal_places=3,
                help_text="Items' total, tax included, from which it costs nothing.",
                max_digits=14,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="shippingmethod",
            name="price",
            field=models.DecimalField(
                decimal_places=3,
                help_text="In the shop's currency, gross or net as its other prices are.",
                max_digits=14,
            ),
        ),
        migrations.AlterField(
            model_name="shippingmethod",
            name="tax_rate",
            field=models.DecimalField(
                decimal_places=2, default=Decimal("0"), help_text="Per cent, in the shop's own country.", max_digits=5
            ),
        ),
    ]
