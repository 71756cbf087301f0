"""The catalog as staff work on it. Saving uses the same services as the API; stock changes by the ledger alone."""

from catalog.admin import categories, changes, imports, ledger, products, variants  # noqa: F401  (importing registers the pages)
