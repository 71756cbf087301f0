"""All settings, from the environment alone. `docs/settings.md` is generated from the declarations below."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from shop import seller, subscriptions
from shop.environment import REQUIRED, Environment
from shop.sidebar import NAVIGATION

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"
env = Environment()

# --- The shop -------------------------------------------------------------------------------------------------------
SHOP_NAME = env.text("SHOP_NAME", "Harbour & Hearth", help="The shop's name, in mails, invoices and the admin.")
SHOP_CURRENCY = env.text("SHOP_CURRENCY", "EUR", help="ISO 4217 code of the prices that give none.")
SHOP_COUNTRY = env.text("SHOP_COUNTRY", "DE", help="Where the shop is taxed, ISO 3166-1 alpha-2: see the tax rates.")
PRICES_INCLUDE_TAX = env.boolean(
    "PRICES_INCLUDE_TAX", True, help="Whether prices are gross. If not, tax is added to them on each line of an order."
)
ORDER_EXPIRY_HOURS = env.integer(
    "ORDER_EXPIRY_HOURS", 24, minimum=1, help="A pending order that nobody confirms is cancelled after so long."
)
ORDER_LATE_HOURS = env.integer(
    "ORDER_LATE_HOURS", 48, minimum=1, help="A confirmed order that is not shipped after so long counts as late."
)
ORDER_NUMBER_KEY = env.secret(
    "ORDER_NUMBER_KEY",
    "",
    help="Given, order numbers are scrambled with it and do not tell how many orders there are. Never change it: "
    "numbers could then meet those that were given before. Empty: 2026-000123, in sequence.",
)
SHOP_ADDRESS = env.text(
    "SHOP_ADDRESS", "1 Quay Street, 20457 Hamburg, DE", help="The seller's address, as invoices print it."
)
SHOP_TAX_ID = env.text("SHOP_TAX_ID", "DE000000000", help="The seller's tax number, as invoices print it.")
SHOP_CITY = env.text("SHOP_CITY", "", help="The seller's town alone, as a Pix payment names it.")
SHOP_VAT_ID = env.parsed(
    "SHOP_VAT_ID", "", seller.vat_id, kind="VAT number", help="The seller's VAT number with its country, DE123456789."
)
SHOP_IBAN = env.parsed(
    "SHOP_IBAN",
    "",
    seller.iban,
    kind="IBAN",
    help="The account for orders in EUR that are not paid by card: with it, "
    "invoices offer a SEPA credit transfer, as a QR code too.",
)
SHOP_BIC = env.parsed("SHOP_BIC", "", seller.bic, kind="BIC", help="The bank of SHOP_IBAN, where it is asked for.")
SHOP_PIX_KEY = env.parsed(
    "SHOP_PIX_KEY", "", seller.pix_key, kind="Pix key", help="The same for orders in BRL: a Pix payment."
)
SHOP_LOGO = env.parsed(
    "SHOP_LOGO", "", seller.logo, kind="file", help="A PNG or SVG file that invoices show; empty: the name's initials."
)
INVOICE_PAPER = env.text(
    "INVOICE_PAPER",
    "A4",
    choices=("A4", "Letter", "by country"),
    help="The size of invoices, or that of the buyer's country.",
)
INVOICE_PAYMENT_DAYS = env.integer(
    "INVOICE_PAYMENT_DAYS", 14, help="Until when an invoice that no card has paid is payable, from its date on."
)
INVOICE_ACCESS_LOG_DAYS = env.integer(
    "INVOICE_ACCESS_LOG_DAYS", 365, minimum=1, help="How long it is kept who was given the address of which document."
)
INCOMING_TIMEOUT_SECONDS = env.integer(
    "INCOMING_TIMEOUT_SECONDS",
    120,
    minimum=1,
    help="How long an upload of a supplier's invoice has, from its address to the end of its checks.",
)
INCOMING_UNFINISHED_DAYS = env.integer(
    "INCOMING_UNFINISHED_DAYS", 30, minimum=1, help="How long uploads that led to no invoice are kept on record."
)
INVOICE_SERIES = env.parsed(
    "INVOICE_SERIES", "INV", seller.series, kind="series", help="What the numbers of invoices are counted under."
)
CREDIT_NOTE_SERIES = env.parsed(
    "CREDIT_NOTE_SERIES", "CN", seller.series, kind="series", help="The same of credit notes: another series."
)
seller.check_two_series(INVOICE_SERIES, CREDIT_NOTE_SERIES)
INVOICE_NUMBER_FORMAT = env.parsed(
    "INVOICE_NUMBER_FORMAT",
    "{series}-{year}-{sequence:06}",
    seller.number_format,
    kind="format",
    help="How the number of a document is written: series, year and sequence, each once, with - . or _ between them.",
)

SHOP_LANGUAGE = env.text(
    "SHOP_LANGUAGE",
    "en",
    choices=("en", "pt-BR", "de", "fr", "es"),
    help="The language of mails to staff, and to buyers whose own is unknown or none of these.",
).lower()
PUBLIC_URL = env.url("PUBLIC_URL", "http://127.0.0.1:8000", help="Where clients reach the API.")
ORDER_TRACKING_URL = env.template(
    "ORDER_TRACKING_URL",
    PUBLIC_URL + "/orders/{order_id}?tracking_token={token}",
    places=("order_id", "token"),
    help="Where a guest follows an order: the page of the shop front that reads the order with the token.",
    shown="<PUBLIC_URL>/orders/{order_id}?tracking_token={token}",
)
MEDIA_URL = (
    env.url(
        "MEDIA_URL",
        f"{PUBLIC_URL}/media",
        help="Where clients reach product images: this shop, or a CDN in front of it.",
        shown="<PUBLIC_URL>/media",
    )
    + "/"
)
CATALOG_SIGNED_IN_ONLY = env.boolean(
    "CATALOG_SIGNED_IN_ONLY", False, help="Whether products and categories are shown to signed-in people only."
)
CATALOG_CDN_SECONDS = env.integer(
    "CATALOG_CDN_SECONDS",
    10,
    minimum=0,
    help="How long a CDN may answer with a product or a list before it asks again (`s-maxage`).",
)
CLOUDFRONT_DISTRIBUTION_ID = env.text(
    "CLOUDFRONT_DISTRIBUTION_ID", "", help="The CDN that is told to forget products that change. Empty: there is none."
)
SEARCH_LANGUAGE = env.text(
    "SEARCH_LANGUAGE",
    "english",
    help="The language that the catalog is written in, a text search configuration of PostgreSQL. After a change: "
    "`manage.py index_products`.",
)
LIVE_URL = env.url(
    "LIVE_URL", "ws://127.0.0.1:8001", schemes=("ws", "wss"), help="Where clients reach the live feed (`/ws/events`)."
)

# --- Security -------------------------------------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", False, help="Django's debug pages. Never in production.")
SECRET_KEY = env.secret("SECRET_KEY", shortest=50, help="Django's signing key: 50 random characters or more.")
ALLOWED_HOSTS = list(
    env.words("ALLOWED_HOSTS", ("localhost", "127.0.0.1"), help="Host names that the shop answers to.")
)
CSRF_TRUSTED_ORIGINS = list(
    env.words("CSRF_TRUSTED_ORIGINS", (), help="Origins (with scheme) whose admin forms count.")
)
TRUSTED_PROXIES = env.integer(
    "TRUSTED_PROXIES",
    0,
    help="How many proxies of ours every request comes through: 1 for a load balancer, 2 with a CDN before it. So many "
    "entries of X-Forwarded-For are believed, counted from its end, and X-Forwarded-Proto. 0: none, and whoever is "
    "connected is the client.",
)
THROTTLE = env.boolean(
    "THROTTLE", True, help="Whether callers that come too often are refused (429). `bin/up` starts without."
)
THROTTLES = {
    "reads": env.rates(
        "THROTTLE_READS", "1200/minute", help="Reading, per account or address, in each process (see docs/security.md)."
    ),
    "writes": env.rates("THROTTLE_WRITES", "120/minute", help="Orders and all other changes, per account or address."),
    "staff": env.rates("THROTTLE_STAFF", "3000/minute", help="All that one of the staff does, in each process."),
    "credentials": env.rates(
        "THROTTLE_CREDENTIALS", "30/minute,300/hour", help="Signing up and in, and passwords, per address."
    ),
    "emails": env.rates(
        "THROTTLE_EMAILS", "10/minute,60/hour", help="The same per e-mail address, wherever it is tried from."
    ),
    "connects": env.rates(
        "THROTTLE_CONNECTS", "60/minute", help="WebSockets that are opened, per address, in each process."
    ),
}
if not THROTTLE:
    THROTTLES.clear()
CLIENT_TIMEOUT = env.integer(
    "CLIENT_TIMEOUT", 20, minimum=1, help="Seconds that a client may be silent in the middle of a request."
)
CORS_ALLOWED_ORIGINS = list(
    env.origins(
        "CORS_ALLOWED_ORIGINS", (), help="Shop fronts whose pages may call the API in a browser. Empty: none may."
    )
)
CORS_URLS_REGEX = r"^/(?!admin)"
CORS_ALLOW_CREDENTIALS = False  # a token in the header says who calls; no cookie of ours is for anybody's page
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = ["ETag", "Location", "X-Request-ID", "Idempotency-Replayed", "Retry-After"]
CORS_PREFLIGHT_MAX_AGE = 7200  # seconds, the most that browsers keep an answer to a preflight
SECURE_COOKIES = env.boolean("SECURE_COOKIES", True, help="Cookies over HTTPS only, HSTS and redirect to HTTPS.")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE_COOKIES
SECURE_HSTS_SECONDS = env.integer(
    "HSTS_SECONDS",
    31_536_000 if SECURE_COOKIES else 0,
    help="How long browsers shall come by HTTPS alone, to this host and those below it (RFC 6797).",
    shown="31536000, or 0 without SECURE_COOKIES",
)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # the load balancer asks over plain HTTP
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

# --- State ----------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": {
        "ENGINE": "api.postgresql",
        **env.database("DATABASE_URL", help="PostgreSQL 14 or newer: postgresql://user:password@host:5432/name."),
        # One per thread, kept: there are as many threads as gunicorn is told, and a pool costs more than it saves.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "prepare_threshold": 5,  # for `prepared_cursor` alone, see api/postgresql
        },
    }
}
DATABASE_SECRET = env.text(
    "DATABASE_SECRET",
    "",
    help="Name or ARN of a secret at AWS Secrets Manager with the database's `username` and `password`, which may "
    "change while the shop runs. Empty: those of DATABASE_URL.",
)
REDIS_URL = env.url(
    "REDIS_URL",
    "",
    schemes=("redis", "rediss"),
    help="Valkey or Redis for the cache and for counting requests. Without it, each process has its own.",
)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- AWS ------------------------------------------------------------------------------------------------------------
AWS_ENDPOINT_URL = env.url("AWS_ENDPOINT_URL", "", help="An emulator's address. Empty: AWS itself.")
AWS_REGION = env.text("AWS_REGION", "eu-central-1", help="The region of all services.")
SNS_TOPIC_ARN = env.text("SNS_TOPIC_ARN", help="The topic for order and invoice events.")
EVENT_BUS_NAME = env.text("EVENT_BUS_NAME", help="The EventBridge bus for catalog and audit events.")
QUEUE_URL_PREFIX = env.url(
    "QUEUE_URL_PREFIX", help="A queue's address is this and the consumer's name; its dead-letter queue adds `-dead`."
)
S3_BUCKET = env.text("S3_BUCKET", help="The private bucket for invoices and images.")
MAIL_FROM = env.text("MAIL_FROM", "Harbour & Hearth <shop@example.com>", help="The sender of every mail, known to SES.")
STAFF_MAIL_TO = env.addresses(
    "STAFF_MAIL_TO",
    (),
    help="Who gets a mail when stock runs low, each one of their own. Empty: the address of MAIL_FROM.",
)
SES_CONFIGURATION_SET = env.text(
    "SES_CONFIGURATION_SET",
    "",
    help="By which SES tells what became of a mail, to the queue `ses-feedback`. Empty: nobody is told.",
)
SES_MAX_PER_SECOND = env.integer(
    "SES_MAX_PER_SECOND",
    14,
    help="Mails that SES takes from the account in a second, from all workers together: see its quotas. 0: any number.",
)
MAIL_TEMPLATES = env.folder(
    "MAIL_TEMPLATES", "", help="A folder whose templates are used for mails instead of ours: see docs/mails.md."
)
COGNITO_POOL_ID = env.text("COGNITO_POOL_ID", help="The user pool.")
COGNITO_CLIENT_ID = env.text("COGNITO_CLIENT_ID", help="The app client, without a secret, with SRP sign-in.")
COGNITO_ISSUER = env.url(
    "COGNITO_ISSUER",
    f"https://cognito-idp.{AWS_REGION}.amazonaws.com/{COGNITO_POOL_ID}",
    help="The `iss` of the pool's tokens. By default, AWS's own for the pool.",
    shown="https://cognito-idp.<AWS_REGION>.amazonaws.com/<COGNITO_POOL_ID>",
)
COGNITO_JWKS_URL = env.url(
    "COGNITO_JWKS_URL",
    f"{COGNITO_ISSUER}/.well-known/jwks.json",
    help="Where the pool's public keys are read.",
    shown="<COGNITO_ISSUER>/.well-known/jwks.json",
)
STAFF_COGNITO_POOL_ID = env.text(
    "STAFF_COGNITO_POOL_ID",
    "",
    help="A user pool of their own for staff. Groups of the other one then make nobody staff. Empty: one pool for all.",
)
STAFF_COGNITO_CLIENT_ID = env.text(
    "STAFF_COGNITO_CLIENT_ID",
    REQUIRED if STAFF_COGNITO_POOL_ID else "",
    help="The app client in the staff's pool, as COGNITO_CLIENT_ID. Required where there is one.",
    shown="empty",
)
STAFF_COGNITO_ISSUER = env.url(
    "STAFF_COGNITO_ISSUER",
    f"https://cognito-idp.{AWS_REGION}.amazonaws.com/{STAFF_COGNITO_POOL_ID}" if STAFF_COGNITO_POOL_ID else "",
    help="The `iss` of the staff's pool's tokens. By default, AWS's own for the pool.",
    shown="https://cognito-idp.<AWS_REGION>.amazonaws.com/<STAFF_COGNITO_POOL_ID>",
)
STAFF_COGNITO_JWKS_URL = env.url(
    "STAFF_COGNITO_JWKS_URL",
    f"{STAFF_COGNITO_ISSUER}/.well-known/jwks.json" if STAFF_COGNITO_POOL_ID else "",
    help="Where the staff's pool's public keys are read.",
    shown="<STAFF_COGNITO_ISSUER>/.well-known/jwks.json",
)
if STAFF_COGNITO_POOL_ID == COGNITO_POOL_ID or (STAFF_COGNITO_POOL_ID and STAFF_COGNITO_ISSUER == COGNITO_ISSUER):
    raise ImproperlyConfigured("STAFF_COGNITO_POOL_ID must name another pool than COGNITO_POOL_ID, or be empty.")
SERVICE_CLIENTS = {
    client: name
    for name, client in env.named(
        "SERVICE_CLIENTS",
        help="Programs that call by themselves, each as name=client id of an app client with client credentials in the "
        "pool of staff: `warehouse=1h57kf5cpq17m0eml12EXAMPLE`. The name is what histories show.",
    ).items()
}
if {COGNITO_CLIENT_ID, STAFF_COGNITO_CLIENT_ID} & SERVICE_CLIENTS.keys():
    raise ImproperlyConfigured("SERVICE_CLIENTS names a client that people sign in by: it needs clients of its own.")
TRIGGER_SECRET = env.secret(
    "TRIGGER_SECRET",
    shortest=32,
    help="With it, the function behind Cognito's triggers signs what it sends us: 32 random characters or more.",
)
SIGN_IN_DOMAINS = frozenset(
    word.lower().removeprefix("@")
    for word in env.words(
        "SIGN_IN_DOMAINS",
        (),
        help="Domains of e-mail addresses (`example.com`, not those below it) whose people may sign in. Empty: all.",
    )
)

# --- Events: see events/ and shop/subscriptions.py ------------------------------------------------------------------
EVENT_ROUTES = subscriptions.ROUTES
EVENT_SUBSCRIPTIONS = subscriptions.SUBSCRIPTIONS
INBOUND_QUEUES = subscriptions.INBOUND
TASK_QUEUE = subscriptions.TASK_QUEUE
MAX_RECEIVES = subscriptions.MAX_RECEIVES
VISIBILITY_TIMEOUT = subscriptions.VISIBILITY_TIMEOUT
REDELIVERY_DELAY = env.integer(
    "REDELIVERY_DELAY",
    1,
    help="Seconds until a failed message is delivered again; doubled each time, at most 300.",
)

# --- Celery: one queue per consumer, presented by events/transport.py, and one for ordinary tasks ---------------------
QUEUES = (TASK_QUEUE, *EVENT_SUBSCRIPTIONS, *INBOUND_QUEUES)
SQS_WAIT = env.integer(
    "SQS_WAIT",
    10,
    minimum=1,
    maximum=15,  # SQS takes 20, and kombu gives a poll up after 20
    help="Seconds, at most 15, that SQS may keep a worker's poll open. A worker that ends waits for its last polls.",
)
CELERY_BROKER_URL = "shopsqs://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "region": AWS_REGION,
    "wait_time_seconds": SQS_WAIT,
    "polling_interval": 0,  # the default of one second caps a busy worker at three tasks a second
    "predefined_queues": {name: {"url": QUEUE_URL_PREFIX + name} for name in QUEUES},
    "fetch_message_attributes": {"MessageSystemAttributeNames": ["ApproximateReceiveCount"]},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: SQS coming back late must not find the workers gone
CELERY_IMPORTS = ["events.consume", "catalog.images.tasks"]
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in QUEUES]
CELERY_TASK_DEFAULT_QUEUE = CELERY_TASK_DEFAULT_ROUTING_KEY = TASK_QUEUE
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = False  # a failure stays on the queue: SQS delivers it again, or buries it
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = VISIBILITY_TIMEOUT - 10  # a handler that hangs is gone before its message comes again
CELERY_TASK_SOFT_TIME_LIMIT = VISIBILITY_TIMEOUT - 20
WORKER_MEMORY_MIB = env.integer(
    "WORKER_MEMORY_MIB",
    1024,
    minimum=512,
    help="What a worker's process may take. More fails the task at hand; after half of it, a new process takes over.",
)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = WORKER_MEMORY_MIB * 1024 // 2  # in KiB
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # nothing waits inside a worker while its visibility timeout runs
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_DB_REUSE_MAX = 1000  # tasks: Celery would connect anew for each, which costs PostgreSQL more than most of them
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "shop.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "forget old idempotency keys": {"task": "api.tasks.forget_old_keys", "schedule": timedelta(hours=1)},
    "expire unconfirmed orders": {"task": "orders.tasks.expire_orders", "schedule": timedelta(minutes=1)},
    "delete files with people's own data": {
        "task": "accounts.tasks.forget_old_exports",
        "schedule": timedelta(hours=1),
    },
    "time out uploads": {"task": "invoices.tasks.time_out_incoming_documents", "schedule": timedelta(seconds=5)},
    "forget unfinished uploads": {"task": "invoices.tasks.forget_unfinished_documents", "schedule": crontab("55", "3")},
    "forget old hand-outs": {"task": "invoices.tasks.forget_old_hand_outs", "schedule": crontab("50", "3")},
    "forget old refusals": {"task": "orders.tasks.forget_old_refusals", "schedule": crontab("40", "3")},
    # By the clock: an interval would begin anew with every deploy.
    "sweep images that nobody has": {"task": "catalog.images.tasks.sweep_images", "schedule": crontab("20", "3")},
}
EVENT_SOURCE = env.text("EVENT_SOURCE", "shop", help="`source` of the CloudEvents on the wire.")

# --- Live updates: see notifications/live/ --------------------------------------------------------------------------
LIVE_CONNECTIONS_PER_USER = env.integer(
    "LIVE_CONNECTIONS_PER_USER", 10, minimum=1, help="WebSockets that one person may hold open in one process."
)
LIVE_RECHECK_SECONDS = env.integer(
    "LIVE_RECHECK_SECONDS", 30, minimum=1, help="How often connected people are looked up, to shut out the blocked."
)

# --- Django ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "api",
    "events",
    "accounts",
    "catalog",
    "orders",
    "invoices",
    "notifications",
    "shop.apps.ShopConfig",
]
MIDDLEWARE = [
    "api.middleware.request_id",
    "api.middleware.problems",
    "django.middleware.security.SecurityMiddleware",
    "shop.headers.policies",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shop.middleware.AdminSession",
    "shop.middleware.Common",
    "django.middleware.csrf.CsrfViewMiddleware",
    "shop.middleware.AdminAuthentication",
    "shop.middleware.AdminMessages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if CORS_ALLOWED_ORIGINS:
    MIDDLEWARE.insert(1, "corsheaders.middleware.CorsMiddleware")
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
ASGI_APPLICATION = "shop.asgi.application"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
LANGUAGE_CODE = "en"  # of the admin and the API; buyers are written to in theirs
LANGUAGES = [
    ("en", "English"),
    ("pt-br", "Português (Brasil)"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
    {
        "NAME": "mails",  # ours, and before them those of the shop
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [MAIL_TEMPLATES] if MAIL_TEMPLATES else [],
        "APP_DIRS": True,
    },
]
AUTH_USER_MODEL = "accounts.User"
LOGIN_REDIRECT_URL = "/admin/"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # an address is unique in any case, by a constraint that the check cannot see
AUTHENTICATION_BACKENDS = ["accounts.backends.CognitoBackend", "accounts.backends.EmergencyBackend"]
SESSION_COOKIE_AGE = 8 * 3600  # a working day: whoever left Cognito's group “staff” is out of the admin by tomorrow

UNFOLD = {
    "SITE_TITLE": SHOP_NAME,
    "SITE_HEADER": SHOP_NAME,
    "SITE_SUBHEADER": "Shop administration",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/docs",
    "DASHBOARD_CALLBACK": "shop.dashboard.dashboard",
    "LOGIN": {"form": "accounts.forms.SignInForm"},
    "STYLES": [f"{STATIC_URL}catalog/admin.css"],
    "SCRIPTS": [f"{STATIC_URL}catalog/keyboard.js"],
    "SIDEBAR": {"show_search": True, "navigation": NAVIGATION},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.CognitoAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.SignedIn"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,  # `format` is a query parameter like any other: nobody knows it
    "DEFAULT_SCHEMA_CLASS": "api.schema.Operations",
    "EXCEPTION_HANDLER": "api.problems.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Shop API",
    "VERSION": VERSION,
    "DESCRIPTION": (
        "Get an access token by `POST /auth/login` and send it as `Authorization: Bearer <token>`; the lock above the "
        "list takes it too. Products can be read, and orders placed with an `email`, without one.\n\n"
        "JSON in UTF-8; times in RFC 3339, UTC; money as a decimal string beside its currency. Whatever is refused "
        "is a problem document (RFC 9457): read its `code`. Lists come in pages: follow `next`. Send an "
        "`Idempotency-Key` with each POST, and the same one when you try again after a lost answer.\n\n"
        f"Live updates: WebSocket `{LIVE_URL}/ws/events`, the token as the subprotocol pair `bearer, <token>`. The "
        "first message is a `hello` with a `cursor`; come back with `?after=<cursor>` and nothing is missed."
    ),
    "OAS_VERSION": "3.1.0",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "GET_LIB_DOC_EXCLUDES": "api.schema.documented_by_themselves",
    "ENUM_NAME_OVERRIDES": {
        "ProductStatus": "catalog.models.Product.Status",
        "ImportStatus": "catalog.models.Import.Status",
        "ImportKind": "catalog.models.Import.Kind",
        "HealthStatus": ["ok", "down"],
        "OrderStatus": "orders.models.Order.Status",
    },
}

# --- Seeing what happens: see docs/runbook.md -----------------------------------------------------------------------
TRACES = env.text(
    "TRACES",
    "off",
    choices=("off", "otlp", "file", "console"),
    help="Where the spans of requests, events and mails go: to a collector, a file or standard output.",
)
TRACES_ENDPOINT = env.url(
    "TRACES_ENDPOINT", "http://127.0.0.1:4318", help="The collector that takes OTLP over HTTP, for TRACES=otlp."
)
TRACES_FILE = env.text(
    "TRACES_FILE",
    REQUIRED if TRACES == "file" else "",
    help="For TRACES=file: a line of JSON for each span. `bin/manage trace` reads it.",
    shown="empty",
)
TRACES_PERCENT = env.percent("TRACES_PERCENT", 5, help="How many of all requests are traced, from 0 to 100.")
TRACES_CONTINUED = env.boolean(
    "TRACES_CONTINUED",
    False,
    help="Whether the trace that a caller began (`traceparent`) is continued. Only where all callers are your own: a "
    "stranger could have whatever they do traced.",
)
if TRACES != "off":
    MIDDLEWARE.insert(0, "api.middleware.trace")

METRICS = env.text(
    "METRICS",
    "off",
    choices=("off", "emf"),
    help="Whether counts and durations go to standard output, as CloudWatch reads them out of a log.",
)
METRICS_NAMESPACE = env.text("METRICS_NAMESPACE", "Shop", help="What CloudWatch keeps them under.")
if METRICS != "off":
    CELERY_BEAT_SCHEDULE |= {
        "measure documents": {"task": "invoices.tasks.measure", "schedule": timedelta(minutes=1)},
        "measure mails": {"task": "notifications.tasks.measure", "schedule": timedelta(minutes=1)},
    }

LOG_LEVEL = env.text(
    "LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"), help="What the processes log to standard error."
)
LOG_FORMAT = env.text(
    "LOG_FORMAT",
    "line",
    choices=("line", "json"),
    help="A line for people, or JSON with the ids of request, trace, order and event, for CloudWatch.",
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "api.logs.Formatter", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "api.logs.JSONLines"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "botocore": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "weasyprint.progress": {"level": "WARNING"},  # else a line per page of every invoice, and some at each start
    },
}
