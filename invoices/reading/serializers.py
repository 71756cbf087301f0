"""What clients send and see of invoices."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import StrictSerializer, TextField
from invoices.models import Invoice


class InvoiceUrlQuery(StrictSerializer):
    invoice_id = serializers.UUIDField(required=False)
    order_id = serializers.UUIDField(required=False, help_text="Instead of `invoice_id`: the order's invoice.")
    tracking_token = TextField(required=False, max_length=200, help_text="A guest's, from the answer to their order.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("invoice_id" in attrs) == ("order_id" in attrs):
            raise serializers.ValidationError("Give either invoice_id or order_id.", "one_of_two")
        return attrs


def invoice_shown(invoice: Invoice) -> dict[str, Any]:
    """An invoice as the contract shows it; `sha256` and `size` are null until the PDF is stored."""
    return {
        "id": invoice.id,
        "number": invoice.number,
        "kind": invoice.kind,
        "order_id": invoice.order_id,
        "order_number": invoice.order_number,
        "corrects": invoice.corrects_id,
        "reason": invoice.reason,
        "issued_at": invoice.issued_at,
        "currency": invoice.currency,
        "language": invoice.language,
        "terms": invoice.terms,
        "seller": invoice.seller,
        "buyer": invoice.buyer,
        "prices_include_tax": invoice.prices_include_tax,
        "lines": invoice.lines,
        "totals": {name: invoice.totals[name] for name in ("net", "tax", "total", "taxes")},
        "sha256": invoice.sha256 or None,
        "size": invoice.size,
    }


class InvoiceLineSerializer(serializers.Serializer[object]):
    kind = serializers.ChoiceField(choices=["item", "shipping", "refund"])
    sku = serializers.CharField(help_text="Empty but for items.")
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = serializers.CharField(help_text="Gross, or net where `prices_include_tax` is false.")
    tax_rate = serializers.CharField(help_text="Per cent, such as 19.00.")
    tax = serializers.CharField(help_text="The part that `total` contains.")
    total = serializers.CharField(help_text="Gross.")


class InvoiceTaxSerializer(serializers.Serializer[object]):
    rate = serializers.CharField()
    net = serializers.CharField()
    tax = serializers.CharField()
    total = serializers.CharField()


class InvoiceTotalsSerializer(serializers.Serializer[object]):
    net = serializers.CharField()
    tax = serializers.CharField()
    total = serializers.CharField()
    taxes = InvoiceTaxSerializer(many=True, help_text="The same amounts for each tax rate.")


class InvoiceSellerSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    address = serializers.CharField()
    tax_id = serializers.CharField()
    country = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    vat_id = serializers.CharField(required=False)
    iban = serializers.CharField(required=False)
    bic = serializers.CharField(required=False)
    pix_key = serializers.CharField(required=False)


class InvoiceTermsSerializer(serializers.Serializer[object]):
    pay_by = serializers.ChoiceField(choices=["cash", "transfer", "pix", "debit_card", "credit_card"])
    due_on = serializers.DateField(required=False, help_text="Left out where a card has paid.")


class InvoiceBuyerSerializer(serializers.Serializer[object]):
    email = serializers.EmailField()
    billing_address = serializers.DictField()
    shipping_address = serializers.DictField()


class InvoiceSerializer(serializers.Serializer[object]):
    """An issued document. It never changes, but for `sha256` and `size`, which come with the stored PDF."""

    id = serializers.UUIDField()
    number = serializers.CharField(help_text="Without gaps per series and year, such as INV-2026-000001.")
    kind = serializers.ChoiceField(choices=Invoice.Kind.choices)
    order_id = serializers.UUIDField()
    order_number = serializers.CharField()
    corrects = serializers.UUIDField(allow_null=True, help_text="The invoice that a credit note corrects.")
    reason = serializers.CharField(help_text="Why a credit note was issued; empty for an invoice.")
    issued_at = serializers.DateTimeField()
    currency = serializers.CharField()
    language = serializers.CharField(help_text="The buyer's, which the document is written in.")
    terms = InvoiceTermsSerializer(allow_null=True, help_text="Null for a credit note.")
    seller = InvoiceSellerSerializer()
    buyer = InvoiceBuyerSerializer()
    prices_include_tax = serializers.BooleanField()
    lines = InvoiceLineSerializer(many=True)
    totals = InvoiceTotalsSerializer()
    sha256 = serializers.CharField(allow_null=True)
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")


class InvoicePageSerializer(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = InvoiceSerializer(many=True)


class InvoiceUrlSerializer(serializers.Serializer[object]):
    url = serializers.URLField(help_text="A pre-signed address of the PDF in S3.")
    expires_at = serializers.DateTimeField(help_text="Five minutes from now.")
