"""The web process: REST, admin and docs under gunicorn's threads."""

import os

from django.core.wsgi import get_wsgi_application

from api.context import is_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
is_process("web")
application = get_wsgi_application()
