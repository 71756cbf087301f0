from django.urls import path, register_converter

from catalog.views import Categories, CategoryDetail, ProductDetail, Products, VariantStock


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
    path("products/<uuid:product_id>", ProductDetail.as_view()),
    path("categories", Categories.as_view()),
    path("categories/<uuid:category_id>", CategoryDetail.as_view()),
    path("variants/<sku:sku>/stock", VariantStock.as_view()),
]
