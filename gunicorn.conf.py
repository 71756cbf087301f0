"""How gunicorn serves web and live, wherever it is started from this folder: on a laptop as in an image.

Addresses and numbers of workers are the starter's, who gives them on the command line.
"""

import gc
import logging
import os

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from api.logs import without_secrets
from shop.processes import IDLE
from shop.settings import LOG_FORMAT
from shop.shares import shares

limit_request_line = 4094  # bytes of method, address and query
limit_request_fields = 64
limit_request_field_size = 8190  # bytes of one header: an access token has up to 2,000
keepalive = IDLE + 10  # seconds; the balancer might just send a request on what we close
forwarded_allow_ips = ""  # who may name another scheme or address is the shop's own to say: TRUSTED_PROXIES
# There is no access log unless --access-logfile asks for one, and then no query and no referrer is in it: both may hold
# the token of somebody's order.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(L)s %({x-request-id}o)s'

if LOG_FORMAT == "json":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")  # the formatter asks them for the trace at hand
    logconfig_dict = {
        "root": {"level": "INFO", "handlers": []},  # Django gives it one
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": False},
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": False},  # else this turned it on
        },
        "formatters": {"generic": {"()": "api.logs.JSONLines"}},
    }


def when_ready(server: Arbiter) -> None:
    server.log.error_log.addFilter(_for_the_log)


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """What is loaded by now stays shared: the garbage collector would write into each object that it looks at."""
    gc.freeze()


def child_exit(server: Arbiter, worker: Worker) -> None:
    shares.forget(worker.age)


def _for_the_log(record: logging.LogRecord) -> bool:
    """A client that fell silent while it wrote its headers is no fault of ours that needs a traceback; and a line that
    was no request is named with all that stood in it."""
    if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
        record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
        record.msg, record.args = "a client has begun a request and said no more", ()
    record.msg, record.args = without_secrets(record.getMessage()), ()
    return True
