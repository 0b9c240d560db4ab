"""The project's settings for the server that is measured: no limits on floods, and the bare view besides."""

import os

os.environ.update(VISIT_RATE="1000000000", VISIT_RATE_PER_ADDRESS="1000000000")
os.environ.update(STORE_RATE_PER_STORE="1000000000", STORE_RATE_PER_ADDRESS="1000000000")
os.environ.update(EVENT_RATE_PER_KEY="1000000000", EVENT_RATE_PER_ADDRESS="1000000000", LOG_LEVEL="ERROR")

from config.settings import *  # noqa: F403 settings are built on settings

ROOT_URLCONF = "benchmarks.urls"
SECURE_SSL_REDIRECT = False
