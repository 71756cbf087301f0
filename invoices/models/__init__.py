"""The invoices' tables: those that the shop issues, and those that it is sent."""

from invoices.models.incoming import IncomingDocument, SupplierInvoice
from invoices.models.issued import HandOut, Invoice, Logo, NumberSeries

__all__ = ["HandOut", "IncomingDocument", "Invoice", "Logo", "NumberSeries", "SupplierInvoice"]
