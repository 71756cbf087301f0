from django.urls import path, register_converter

from catalog.categories.views import Categories, CategoryDetail
from catalog.images.media import Media
from catalog.images.views import ProductImageDetail, ProductImages
from catalog.imports.views import ImportDetail, Imports, ProductExport, ProductImport
from catalog.products.views import BulkProducts, ProductDetail, Products
from catalog.variants.views import ProductVariants, VariantDetail, VariantStock


class SkuConverter:
    """Any SKU that could be stored; what could not is an address that does not exist."""

    regex = "[ -~]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(SkuConverter, "sku")

urlpatterns = [
    path("products", Products.as_view()),
    path("products/bulk", BulkProducts.as_view()),
    path("products/import", ProductImport.as_view()),
    path("products/export", ProductExport.as_view()),
    path("products/<slug:name>", ProductDetail.as_view()),
    path("products/<slug:name>/variants", ProductVariants.as_view()),
    path("products/<slug:name>/images", ProductImages.as_view()),
    path("products/<slug:name>/images/<uuid:image_id>", ProductImageDetail.as_view()),
    path("media/<path:key>", Media.as_view()),
    path("variants/<sku:sku>/stock", VariantStock.as_view()),
    path("variants/<sku:sku>", VariantDetail.as_view()),
    path("imports", Imports.as_view()),
    path("imports/<uuid:import_id>", ImportDetail.as_view()),
    path("categories", Categories.as_view()),
    path("categories/<slug:name>", CategoryDetail.as_view()),
]
