"""Where rate limits count: CACHE_URL, else the queue's Redis, else the memory of the process."""

import os
import subprocess
import sys

import pytest

ASK = (
    "from config.settings import CACHES; c = CACHES['default']; print(c['BACKEND'].split('.')[-1], c['LOCATION'])"
)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "LocMemCache"),
        ({"Q_REDIS_URL": "redis://queue:6379/0"}, "RedisCache redis://queue:6379/0"),
        ({"Q_REDIS_URL": "redis://queue:6379/0", "CACHE_URL": "locmemcache://"}, "LocMemCache"),
        ({"CACHE_URL": "redis://cache:6379/1"}, "RedisCache redis://cache:6379/1"),
    ],
)
def test_the_cache(environment, expected):
    base = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "DEBUG": "1"}
    answer = subprocess.run(
        [sys.executable, "-c", ASK], env={**base, **environment}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == expected
