"""Settings, all from the environment (twelve-factor); defaults suit `make run` on one machine."""

from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from config import openapi

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
environ.Env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

DEBUG = env.bool("DEBUG", default=False)
# A development key is only accepted together with DEBUG; `make run` writes a random one to .env.
SECRET_KEY = env.str("SECRET_KEY", default="development-only" * 4) if DEBUG else env.str("SECRET_KEY")
# Earlier keys, still accepted: signed links stay valid, stored secrets stay readable (`rotate_secrets`).
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Absolute address used in e-mails (unsubscribe links and the like).
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "polymorphic",
    "config.admin.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "anymail",
    "django_q",
    "django_prometheus",
    "csp",
    "axes",
    "contacts",
    "deals",
    "ecommerce",
    "automations",
]

MIDDLEWARE = [
    "config.probes.ProbesMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.security.PolicyMiddleware",
    "contacts.origin.OriginMiddleware",
    "axes.middleware.AxesMiddleware",
    "config.probes.CountingMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.insert(0, "django.forms")

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at BEGIN: readers never deadlock into "database is locked".
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000;",
    }
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
else:
    _database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    _database["CONN_HEALTH_CHECKS"] = True

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: whoever is locked out isn't asked for a password
    "django.contrib.auth.backends.ModelBackend",
]
# Wrong passwords for one user from one address: after so many neither may try again for a while. Rows in
# the database, so the limit is one for all web servers. `manage.py axes_reset` lets everybody in again.
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=10)
AXES_COOLOFF_TIME = timedelta(minutes=env.float("LOGIN_COOLOFF_MINUTES", default=15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "contacts.public.limits.login_address"
AXES_LOCKOUT_TEMPLATE = "locked_out.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_ENABLE_ADMIN = False  # our own pages show its rows
AXES_VERBOSE = False
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "templates" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
MEDIA_ROOT = env.path("MEDIA_ROOT", default=VAR_DIR / "media")
STORAGES = {
    # Several machines need one that they share, such as storages.backends.s3.S3Storage.
    "default": {
        "BACKEND": env.str("FILE_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("FILE_STORAGE_OPTIONS", default={}),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Uploads above this size go to a temporary file; an import may be as large as IMPORT_MAX_BYTES.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=512 * 1024 * 1024)
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=1_000_000)

# --- E-mail -----------------------------------------------------------------------------------
# EMAIL_URL: smtp+tls://user:password@host:587 (STARTTLS), smtp+ssl://user:password@host:465,
# smtp://host:25, consolemail://, filemail:////an/absolute/path. Special characters percent-encoded.
# A provider's web API through anymail: EMAIL_BACKEND=anymail.backends.postmark.EmailBackend with
# ANYMAIL=POSTMARK_SERVER_TOKEN=..., its settings without their prefix, separated by commas.
_email = env.email_url("EMAIL_URL", default=f"filemail:///{VAR_DIR / 'mail'}")
if _email.get("OPTIONS"):
    # Django would ignore ?tls=True, and send the password in the clear.
    raise ImproperlyConfigured("EMAIL_URL takes no options after “?”: write smtp+tls:// or smtp+ssl://.")
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default=_email["EMAIL_BACKEND"])
EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", default=_email.get("EMAIL_FILE_PATH") or str(VAR_DIR / "mail"))
EMAIL_HOST = _email.get("EMAIL_HOST") or "localhost"
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
EMAIL_PORT = _email.get("EMAIL_PORT") or (587 if EMAIL_USE_TLS else 465 if EMAIL_USE_SSL else 25)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=15)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Marketing <marketing@localhost>")
SERVER_EMAIL = env.str("SERVER_EMAIL", default="automation@localhost")
ANYMAIL = env.dict("ANYMAIL", default={})
# Marketing e-mails a minute over all workers; 0 means no limit.
EMAIL_RATE_PER_MINUTE = env.int("EMAIL_RATE_PER_MINUTE", default=0)
CAMPAIGN_BATCH_SIZE = env.int("CAMPAIGN_BATCH_SIZE", default=5_000)
# What becomes of a message whose fate a crash left open: "hold" for a person, or "resend".
EMAIL_UNCERTAIN_POLICY = env.str("EMAIL_UNCERTAIN_POLICY", default="hold", choices=["hold", "resend"])
# A sender that gives no sign of life for so long has crashed; longer than any one hand-over takes.
DELIVERY_LEASE_SECONDS = env.float("DELIVERY_LEASE_SECONDS", default=180)
# The postal line that law in most places asks for at the foot of a marketing e-mail.
EMAIL_POSTAL_ADDRESS = env.str("EMAIL_POSTAL_ADDRESS", default="")

# A click sooner than this after the e-mail was sent is a link scanner's; one within EARLY seconds is held for
# HOLD seconds, until it is known whether others came with it.
CLICK_IMPOSSIBLE_SECONDS = env.float("CLICK_IMPOSSIBLE_SECONDS", default=2)
CLICK_EARLY_SECONDS = env.float("CLICK_EARLY_SECONDS", default=30)
CLICK_HOLD_SECONDS = env.float("CLICK_HOLD_SECONDS", default=10)
# What people did with e-mails is deleted after so many days (0: never); the figures of campaigns stay.
ENGAGEMENT_RETENTION_DAYS = env.int("ENGAGEMENT_RETENTION_DAYS", default=730)

# What comes in (docs/inbound-mail.md). Providers report to /mail/<MAIL_WEBHOOK_SECRET>/…; none: they can't.
MAIL_WEBHOOK_SECRET = env.str("MAIL_WEBHOOK_SECRET", default="")
MAIL_WEBHOOK_RATE = env.int("MAIL_WEBHOOK_RATE", default=6_000)
MAIL_WEBHOOK_MAX_BYTES = env.int("MAIL_WEBHOOK_MAX_BYTES", default=30 * 1024 * 1024)
# A provider that counts opens and clicks in place of us; otherwise it would count ours a second time.
PROVIDER_COUNTS_OPENS = env.bool("PROVIDER_COUNTS_OPENS", default=False)
# So many e-mails in a row that bounced make an address one that no e-mail may go to.
SOFT_BOUNCE_LIMIT = env.int("SOFT_BOUNCE_LIMIT", default=5)
NOTICE_RETENTION_DAYS = env.int("NOTICE_RETENTION_DAYS", default=30)
# The domain whose mail is handed to this server: answers go to reply+<token>@ it. None: Reply-To stays as it is.
INBOUND_DOMAIN = env.str("INBOUND_DOMAIN", default="")
# Also let bounces of SMTP servers come there. The domain must then permit the SMTP server (SPF).
INBOUND_BOUNCES = env.bool("INBOUND_BOUNCES", default=False)
# Pass answers on: to the contact's owner, or else to the address that the e-mail came from.
INBOUND_PASS_ON = env.bool("INBOUND_PASS_ON", default=True)
POSTMARK_API_URL = env.str("POSTMARK_API_URL", default="https://api.postmarkapp.com").rstrip("/")
POSTMARK_RATE = env.int("POSTMARK_RATE", default=6_000)

# Users' mailboxes. Servers on private addresses are refused unless this allows them.
MAILBOX_ALLOW_PRIVATE = env.bool("MAILBOX_ALLOW_PRIVATE", default=False)
MAILBOX_TIMEOUT = env.float("MAILBOX_TIMEOUT", default=15.0)
MAILBOX_POLL_SECONDS = env.int("MAILBOX_POLL_SECONDS", default=60)
# Of larger mails only the head is read.
MAILBOX_MAX_BYTES = env.int("MAILBOX_MAX_BYTES", default=25 * 1024 * 1024)
# Files of personal e-mails, which contacts fetch by a link.
MAIL_ATTACHMENT_MAX_BYTES = env.int("MAIL_ATTACHMENT_MAX_BYTES", default=10 * 1024 * 1024)
MAIL_ATTACHMENTS_PER_EMAIL = env.int("MAIL_ATTACHMENTS_PER_EMAIL", default=10)
MAIL_ATTACHMENT_TYPES = env.list(
    "MAIL_ATTACHMENT_TYPES",
    default=[
        "pdf", "doc", "docx", "odt", "rtf", "txt", "md", "xls", "xlsx", "ods", "csv", "ppt", "pptx", "odp",
        "png", "jpg", "jpeg", "gif", "webp", "heic", "zip", "ics", "vcf", "mp3", "mp4",
    ],
)  # fmt: skip

# --- Engine -----------------------------------------------------------------------------------
# A trigger index older than this many seconds asks the database for its version on a single save.
TRIGGER_INDEX_TTL = env.float("TRIGGER_INDEX_TTL", default=1.0)
ENTRY_CEILING_PER_DAY = env.int("ENTRY_CEILING_PER_DAY", default=10)
ENGINE_BATCH_SIZE = env.int("ENGINE_BATCH_SIZE", default=200)
STEP_MAX_ATTEMPTS = env.int("STEP_MAX_ATTEMPTS", default=6)
# More entries than this into one automation within a minute through other automations trip its breaker.
BREAKER_ENTRIES_PER_MINUTE = env.int("BREAKER_ENTRIES_PER_MINUTE", default=50_000)
SCORE_HISTORY_DAYS = env.int("SCORE_HISTORY_DAYS", default=730)
# Who changed what is deleted after so many days (0: never).
AUDIT_RETENTION_DAYS = env.int("AUDIT_RETENTION_DAYS", default=730)
LOG_RETENTION_DAYS = env.int("LOG_RETENTION_DAYS", default=365)
# The files of imports and exports; 0 keeps them for ever.
FILE_RETENTION_DAYS = env.int("FILE_RETENTION_DAYS", default=30)
# How long ago a date may have been reached for a machine that was off to catch up with it.
DATE_CATCH_UP_HOURS = env.int("DATE_CATCH_UP_HOURS", default=7 * 24)
# Feeds: the longest document, how many seconds it may take, and how many are read side by side.
FEED_MAX_BYTES = env.int("FEED_MAX_BYTES", default=5 * 1024 * 1024)
FEED_TIMEOUT = env.float("FEED_TIMEOUT", default=15.0)
FEED_THREADS = env.int("FEED_THREADS", default=8)
LATE_RELEASE_PER_MINUTE = env.int("LATE_RELEASE_PER_MINUTE", default=1_000)
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", default=False)
SMS_BACKEND = env("SMS_BACKEND", default="automations.delivery.sms.ConsoleBackend")
SMS_URL, SMS_TOKEN = env("SMS_URL", default=""), env("SMS_TOKEN", default="")
SMS_SENDER = env("SMS_SENDER", default="")
SMS_RATE_PER_MINUTE = env.int("SMS_RATE_PER_MINUTE", default=0)
# Google takes 60 changes a minute of one service account.
GOOGLE_SHEETS_RATE_PER_MINUTE = env.int("GOOGLE_SHEETS_RATE_PER_MINUTE", default=50)
GOOGLE_SHEETS_URL = env.str("GOOGLE_SHEETS_URL", default="https://sheets.googleapis.com").rstrip("/")
GOOGLE_TOKEN_URL = env.str("GOOGLE_TOKEN_URL", default="https://oauth2.googleapis.com/token")
WEBHOOK_TIMEOUT = env.float("WEBHOOK_TIMEOUT", default=10.0)

# Health: how late due work may be, how long a worker may be silent (minutes), and a trigger (days).
HEALTH_LATE_MINUTES = env.float("HEALTH_LATE_MINUTES", default=5)
HEALTH_WORKER_MINUTES = env.float("HEALTH_WORKER_MINUTES", default=5)
HEALTH_SILENT_DAYS = env.int("HEALTH_SILENT_DAYS", default=30)
HEALTH_QUEUE_LIMIT = env.int("HEALTH_QUEUE_LIMIT", default=1_000)
# Whoever reads /metrics gives this as a bearer token; without it there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

_redis_url = env.str("Q_REDIS_URL", default="")
# Rate limits count here: each process for itself, or all together in Redis (docs/decisions/0012).
CACHES = {"default": env.cache_url("CACHE_URL", default=_redis_url or "locmemcache://")}
_sqlite = _database["ENGINE"] == "django.db.backends.sqlite3"
Q_CLUSTER = {
    "name": "automation",
    "workers": 1 if _sqlite else env.int("Q_WORKERS", default=2),
    "timeout": 600,
    "retry": 660,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "poll": 0.5,
    "queue_limit": 50,
    "save_limit": 500,
    "recycle": 2_000,
    "label": _("Background tasks"),
    **({"redis": _redis_url} if _redis_url else {"orm": "default"}),
}

# --- API --------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["contacts.api.permissions.ModelPermissions"],
    "DEFAULT_PAGINATION_CLASS": "contacts.api.pagination.CursorPagination",
    "DEFAULT_PARSER_CLASSES": ["contacts.api.parsers.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["contacts.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "contacts.api.schema.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "contacts.api.errors.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("API_RATE", default="6000/min"),
        "public": "120/min",
        "forms": env.str("FORM_RATE", default="20/min"),
    },
    # Proxies in front, whose X-Forwarded-For is believed. 0: the connection's own address counts.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Events a minute that a sender may report: with the account's key altogether, and from one address.
EVENT_RATE_PER_KEY = env.int("EVENT_RATE_PER_KEY", default=6_000)
EVENT_RATE_PER_ADDRESS = env.int("EVENT_RATE_PER_ADDRESS", default=6_000)
# Page visits a minute: of one address, and of the whole account; and identify calls of one address.
VISIT_RATE_PER_ADDRESS = env.int("VISIT_RATE_PER_ADDRESS", default=600)
VISIT_RATE = env.int("VISIT_RATE", default=60_000)
IDENTIFY_RATE_PER_ADDRESS = env.int("IDENTIFY_RATE_PER_ADDRESS", default=60)
# How long a process goes by the tracking settings and sites that it has read.
SITE_SETTINGS_TTL = env.float("SITE_SETTINGS_TTL", default=5.0)
# Apps (Calendly, Typeform, Unbounce): deliveries a minute, the largest one in bytes, how old a signed
# timestamp may be in seconds, and how many days what was delivered is kept to be looked at and taken in again.
APP_RATE_PER_CONNECTION = env.int("APP_RATE_PER_CONNECTION", default=1_200)
APP_RATE_PER_ADDRESS = env.int("APP_RATE_PER_ADDRESS", default=3_000)
APP_MAX_BODY = env.int("APP_MAX_BODY", default=256 * 1024)
APP_SIGNATURE_TOLERANCE = env.int("APP_SIGNATURE_TOLERANCE", default=180)
APP_DELIVERY_DAYS = env.int("APP_DELIVERY_DAYS", default=30)
# Stores (Shopify, WooCommerce, PayPal): deliveries a minute, the largest one in bytes, how many days what was
# delivered is kept, and the hosts that serve the certificates PayPal signs with.
STORE_RATE_PER_STORE = env.int("STORE_RATE_PER_STORE", default=12_000)
STORE_RATE_PER_ADDRESS = env.int("STORE_RATE_PER_ADDRESS", default=12_000)
STORE_MAX_BODY = env.int("STORE_MAX_BODY", default=2 * 1024 * 1024)
STORE_DELIVERY_DAYS = env.int("STORE_DELIVERY_DAYS", default=30)
PAYPAL_HOSTS = env.list("PAYPAL_HOSTS", default=["api.paypal.com", "api.sandbox.paypal.com"])
# How long an Idempotency-Key is remembered.
IDEMPOTENCY_KEY_HOURS = env.int("IDEMPOTENCY_KEY_HOURS", default=24)
SPECTACULAR_SETTINGS = openapi.SPECTACULAR_SETTINGS

# --- Security ---------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
# Pages that show what others wrote (previews, public pages) have narrower policies of their own. Styles: the
# admin's theme writes its colours into the page, and Alpine shows and hides by style attributes.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", default=24 * 7) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
    SESSION_COOKIE_SECURE = SECURE_SSL_REDIRECT
    CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}

UNFOLD = {
    "SITE_TITLE": _("Marketing automation"),
    "SITE_HEADER": _("Marketing automation"),
    "SITE_SYMBOL": "bolt",
    "STYLES": [lambda request: static("contacts/nav.css")],
    "DASHBOARD_CALLBACK": "automations.admin.home.dashboard",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("contacts/favicon.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {
        "show_search": True,
        "navigation": "config.navigation.sidebar",
    },
}
