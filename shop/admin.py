"""The admin as a whole: its first page."""

from django.contrib import admin

admin.site.index_template = "shop/dashboard.html"
