"""Every address of the HTTP API. The live feed's is in `shop/asgi.py`."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from shop import live_board
from shop.views import Docs, HealthLive, HealthReady, Root, Schema

# Django tries them one by one: what is asked most stands first.
urlpatterns = [
    path("", include("catalog.urls")),
    path("", include("orders.urls")),
    path("", include("accounts.urls")),
    path("", include("invoices.urls")),
    path("", Root.as_view()),
    path("health/live", HealthLive.as_view()),
    path("health/ready", HealthReady.as_view()),
    path("schema", Schema.as_view(), name="schema"),
    path("docs", Docs.as_view(url_name="schema"), name="docs"),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include(live_board.pages())),
    path("admin/", admin.site.urls),
]
