"""Orders as staff work on them: moved on by the same services as over HTTP, never edited by hand."""

from orders.admin import carriers, orders, refusals, shipping_methods, tax_rates  # noqa: F401  (importing registers the pages)
