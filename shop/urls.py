"""Every address of the HTTP API. The live feed's is in `shop/asgi.py`."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from shop.views import live, ready, root

urlpatterns = [
    path("", root),
    path("health/live", live),
    path("health/ready", ready),
    path("schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("catalog.urls")),
    path("", include("orders.urls")),
    path("", include("invoices.urls")),
]
