"""EMAIL_URL, as the settings read it in a process of their own."""

import json
import os
import subprocess
import sys

import pytest

from tests.peers.processes import ROOT

SHOW = """
import json
from config import settings as s
print(json.dumps([s.EMAIL_BACKEND.split(".")[-2], s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER,
    s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_TLS, s.EMAIL_USE_SSL, s.EMAIL_FILE_PATH, s.ANYMAIL]))
"""


def read(**environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("EMAIL", "ANYMAIL"))}
    base = {"ENV_FILE": os.devnull, "DEBUG": "1", "DATABASE_URL": "sqlite:///:memory:"}
    return subprocess.run(
        [sys.executable, "-c", SHOW], env=clean | base | environment, cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example:25", ["smtp", "mail.example", 25, "", "", False, False]),
        (
            "smtp+tls://me%40x.org:p%2Fw@mail.example",
            ["smtp", "mail.example", 587, "me@x.org", "p/w", True, False],
        ),
        ("smtp+tls://a:b@mail.example:2525", ["smtp", "mail.example", 2525, "a", "b", True, False]),
        ("smtp+ssl://a:b@mail.example", ["smtp", "mail.example", 465, "a", "b", False, True]),
        ("consolemail://", ["console", "localhost", 25, "", "", False, False]),
    ],
)
def test_email_url(url, expected):
    result = read(EMAIL_URL=url)
    assert json.loads(result.stdout)[:7] == expected, result.stderr


def test_files():
    assert json.loads(read(EMAIL_URL="filemail:////srv/some/mail").stdout)[7] == "/srv/some/mail"
    backend, *_rest, path, _anymail = json.loads(read().stdout)
    assert backend == "filebased" and path.endswith("var/mail")


def test_a_provider():
    result = read(EMAIL_BACKEND="anymail.backends.postmark.EmailBackend", ANYMAIL="POSTMARK_SERVER_TOKEN=a,X=b")
    values = json.loads(result.stdout)
    assert values[0] == "postmark" and values[-1] == {"POSTMARK_SERVER_TOKEN": "a", "X": "b"}


@pytest.mark.parametrize(
    "environment", [{"EMAIL_URL": "smtp://a:b@mail.example:587/?tls=True"}, {"EMAIL_UNCERTAIN_POLICY": "perhaps"}]
)
def test_what_is_refused(environment):
    """Options would be ignored, and the password sent in the clear."""
    result = read(**environment)
    assert result.returncode != 0
    assert "ImproperlyConfigured" in result.stderr
