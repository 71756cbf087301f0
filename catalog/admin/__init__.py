"""The catalog as staff work on it. Saving uses the same services as the API."""

from catalog.admin import products  # noqa: F401  (importing a module registers its pages)
