"""Webhooks over a real HTTP server: outcomes, what is sent, and where nothing may go."""

import hashlib
import hmac
import json
import socket
import ssl
import time
from datetime import timedelta
from threading import Thread

import pytest
import trustme
from django.core.exceptions import ValidationError

from automations.delivery.outbox import PAUSES
from automations.engine.plan import _plan
from automations.steps.webhook import WebhookStep
from contacts.field_types import FIELD_TYPES
from contacts.outgoing.addresses import check_url, public_addresses
from tests.automations.delivery.conftest import SAMPLES, give
from tests.factories import ContactFactory
from tests.peers.http import Answer, HttpTarget
from tests.peers.processes import free_port

LATER = timedelta(seconds=PAUSES[0] + 1)


@pytest.fixture
def hook(queue, people):
    """Queue webhooks to a URL."""

    def make(url, count=1, contacts=None, **settings):
        return queue(contacts=contacts or people(count), steps=[("webhook", {"url": url, **settings})])

    return make


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, "sent"),
        (204, "sent"),
        (299, "sent"),
        (301, "failed"),
        (302, "failed"),
        (304, "failed"),
        (400, "failed"),
        (401, "failed"),
        (404, "failed"),
        (410, "failed"),
        (408, "pending"),
        (425, "pending"),
        (429, "pending"),
        (500, "pending"),
        (502, "pending"),
        (503, "pending"),
    ],
)
def test_outcomes(status, expected, hook, deliver, ledger, http_target):
    http_target.script(Answer(status=status, body=b""))
    hook(http_target.url)
    deliver()
    row = ledger().first
    assert row.status == expected and len(http_target.requests) == 1
    if expected == "sent":
        assert row.message_id == str(status)
    else:
        assert str(status) in row.error
    deliver(LATER)
    assert len(http_target.requests) == 1 + (expected == "pending")
    assert ledger().first.status == ("failed" if expected == "failed" else "sent")


def test_nothing_goes_unsigned_where_the_key_is_lost(hook, deliver, ledger, http_target, settings):
    hook(http_target.url, secret="s3cret")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key " * 5
    _plan.cache_clear()
    deliver()
    assert ledger().statuses == ["pending"] and "SECRET_KEY" in ledger().first.error
    assert http_target.requests == []
    settings.SECRET_KEY_FALLBACKS = [old]
    _plan.cache_clear()
    deliver(LATER)
    assert ledger().statuses == ["sent"] and "x-signature" in http_target.requests[0].headers


def test_a_redirect_is_not_followed(hook, deliver, ledger, http_target):
    other = HttpTarget()
    other.start()
    http_target.script(Answer(status=307, headers=(("Location", f"{other.url}/secret"),)))
    hook(http_target.url)
    deliver()
    assert ledger().statuses == ["failed"] and "redirects are not followed" in ledger().first.error
    assert other.requests == [] and len(http_target.requests) == 1
    other.stop()


def test_what_is_sent(hook, deliver, http_target):
    contact = ContactFactory(email="ada@example.com", first_name="Ada «日本»", language="fr")
    give(contact, "number", "1.5")
    rows = hook(
        f"{http_target.url}/in?a=ä&b=1#part",
        contacts=[contact],
        headers="X-Token: abc\nAccept-Language: fr",
        body="Hi {{ contact.first_name }}",
        secret="s3cret–ü",
    )
    deliver()
    (request,) = http_target.requests
    assert (request.method, request.path) == ("POST", "/in?a=%C3%A4&b=1")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-token"] == "abc" and request.headers["accept-language"] == "fr"
    assert request.headers["host"] == f"127.0.0.1:{http_target.port}"
    assert request.headers["idempotency-key"] == f"delivery-{rows[0].pk}"
    data = request.json
    assert data["contact"]["email"] == "ada@example.com" and data["contact"]["first_name"] == "Ada «日本»"
    assert data["contact"]["fields"] == {"number": "1.5"}
    assert data["data"] == "Hi Ada «日本»"
    # As a receiver verifies it.
    expected = hmac.new("s3cret–ü".encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-signature"] == f"sha256={expected}"
    assert hmac.new(b"another", request.body, hashlib.sha256).hexdigest() not in request.headers["x-signature"]


def test_without_a_secret_nothing_is_signed(hook, deliver, http_target):
    hook(http_target.url)
    deliver()
    assert "x-signature" not in http_target.requests[0].headers


def test_a_repetition_carries_the_same_key(hook, deliver, ledger, http_target):
    http_target.script(Answer(drop=True))
    hook(http_target.url)
    deliver()
    assert ledger().statuses == ["pending"], "a webhook may be repeated: it is never uncertain"
    deliver(LATER)
    keys = {request.headers["idempotency-key"] for request in http_target.requests}
    assert len(http_target.requests) == 2 and len(keys) == 1 and ledger().statuses == ["sent"]


def test_a_receiver_that_hangs_holds_up_nobody(hook, deliver, ledger, http_target, settings, build):
    settings.WEBHOOK_TIMEOUT = 0.3
    dead = HttpTarget()
    dead.start()
    dead.default = Answer(seconds=5)
    hook(dead.url, contacts=[ContactFactory() for _number in range(10)])
    hook(http_target.url, contacts=[ContactFactory() for _number in range(3)])
    started = time.monotonic()
    deliver()
    assert time.monotonic() - started < 2
    assert ledger().statuses == ["pending"] * 10 + ["sent"] * 3
    assert [row.attempts for row in ledger().rows][:10] == [1] + [0] * 9
    assert deliver() == 0, "none is due before its pause is over"
    dead._server.server_close()


def test_an_answer_that_drips_ends_at_the_deadline(hook, deliver, ledger, settings):
    """A byte now and then keeps each single read alive; the whole still ends in time."""
    settings.WEBHOOK_TIMEOUT = 0.5
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            connection, _address = listener.accept()
            with connection:
                connection.recv(65_536)
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 1_000:
                        connection.sendall(bytes([byte]))
                        time.sleep(0.05)
                except OSError:
                    pass

        Thread(target=drip, daemon=True).start()
        hook(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        started = time.monotonic()
        deliver()
        assert time.monotonic() - started < 1.5
    assert ledger().statuses == ["pending"]


def test_a_huge_answer_is_not_read(hook, deliver, ledger):
    """The peer counts what it could get rid of before the sender hung up."""
    written = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def pour():
            connection, _address = listener.accept()
            with connection:
                connection.recv(65_536)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
                    for _chunk in range(1_000):
                        connection.sendall(b"x" * 1_000_000)
                        written.append(1)
                except OSError:
                    pass

        thread = Thread(target=pour, daemon=True)
        thread.start()
        hook(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        deliver()
        thread.join(5)
    assert ledger().statuses == ["sent"] and len(written) < 20


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"\x00" * 500])
def test_an_answer_that_is_not_http(answer, hook, deliver, ledger):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_oddly():
            connection, _address = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        Thread(target=answer_oddly, daemon=True).start()
        hook(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        deliver()
    assert ledger().statuses == ["pending"] and "can't be reached" in ledger().first.error


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://no-such-name.invalid/"])
def test_nobody_there(url, hook, deliver, ledger):
    hook(url.format(port=free_port()))
    deliver()
    assert ledger().statuses == ["pending"] and "can't be reached" in ledger().first.error


# --- Where nothing may go ----------------------------------------------------------------------

PRIVATE = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://10.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1:8080/x",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[fc00::1]/",
    "http://[fe80::1]/",
    "http://[ff02::1]/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://db.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/",
]
PUBLIC = [
    "https://example.com/",
    "https://8.8.8.8/",
    "http://11.0.0.1/",
    "http://172.32.0.1/",
    "http://[2606:4700::1111]/",
    "http://[::ffff:8.8.8.8]/",
    "https://localhost.example.com/",
    "https://mylocal/",
    "https://exämple.com:8443/x?y=z",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_private_addresses_are_refused_unless_allowed(url, settings):
    check_url(url)  # WEBHOOK_ALLOW_PRIVATE is on in the tests' settings
    settings.WEBHOOK_ALLOW_PRIVATE = False
    with pytest.raises(ValidationError, match="private address"):
        check_url(url)


@pytest.mark.parametrize("url", PUBLIC)
def test_public_addresses_are_taken(url, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = False
    check_url(url)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/", "example.com", "http://", "http:///x", "http://a:b@example.com/", "http://[::1",
     "http://example.com:99999/", "http://@example.com/", "javascript:alert(1)", ""],
)  # fmt: skip
def test_what_is_no_web_address(url):
    with pytest.raises(ValidationError):
        check_url(url)


def test_the_form_says_which(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = False
    with pytest.raises(ValidationError, match="private address") as refused:
        WebhookStep.Form.validate({"url": "http://10.0.0.1/"})
    assert list(refused.value.message_dict) == ["url"]


@pytest.mark.parametrize(
    "line", ["Host: x", "X-Signature: y", "idempotency-key: 1", "no colon", "Bad Name: x", "É: x"]
)
def test_headers_that_are_refused(line):
    with pytest.raises(ValidationError) as refused:
        WebhookStep.Form.validate({"url": "https://example.com/", "headers": line})
    assert list(refused.value.message_dict) == ["headers"]


def resolver(monkeypatch, *addresses):
    """DNS answers of an attacker: the one thing here that has to be made up."""
    calls = []

    def getaddrinfo(host, port, *args, **kwargs):
        calls.append(host)
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, 1, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return calls


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("93.184.216.34", "10.0.0.1"), ("::ffff:127.0.0.1",), ("fe80::1%eth0",)]
)
def test_names_that_resolve_to_private_addresses(addresses, settings, monkeypatch):
    settings.WEBHOOK_ALLOW_PRIVATE = False
    resolver(monkeypatch, *addresses)
    check_url("https://innocent.example/")
    with pytest.raises(ValidationError, match="private"):
        public_addresses("innocent.example", 443)


def test_a_name_that_turned_private_is_not_connected_to(hook, deliver, ledger, http_target, settings, monkeypatch):
    """Public when the step was saved; at the hand-over it is looked up once, and that answer is what counts."""
    hook(f"http://innocent.example:{http_target.port}/")
    settings.WEBHOOK_ALLOW_PRIVATE = False
    calls = resolver(monkeypatch, "127.0.0.1")
    deliver()
    assert ledger().statuses == ["failed"] and "private" in ledger().first.error
    assert http_target.requests == [] and calls == ["innocent.example"]


def test_the_name_is_looked_up_once_and_goes_out_as_host(hook, deliver, ledger, http_target, monkeypatch):
    hook(f"http://innocent.example:{http_target.port}/")
    calls = resolver(monkeypatch, "127.0.0.1")
    deliver()
    assert ledger().statuses == ["sent"] and calls == ["innocent.example", "127.0.0.1"]
    assert http_target.requests[0].headers["host"] == f"innocent.example:{http_target.port}"


# --- TLS: connected to an address, verified against the name -------------------------------------


@pytest.fixture
def authority(tmp_path, monkeypatch):
    authority = trustme.CA()
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return authority


def https_target(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    target = HttpTarget(tls=context)
    target.start()
    return target


@pytest.mark.parametrize(
    ("issued_for", "host", "expected"),
    [
        ("hooks.example", "hooks.example", "sent"),
        ("*.hooks.example", "in.hooks.example", "sent"),
        ("other.example", "hooks.example", "pending"),
        ("127.0.0.1", "hooks.example", "pending"),  # the address that is connected to is not what counts
        ("127.0.0.1", "127.0.0.1", "sent"),
    ],
)
def test_the_certificate_is_verified_against_the_name(
    issued_for, host, expected, hook, deliver, ledger, authority, monkeypatch
):
    target = https_target(authority.issue_cert(issued_for))
    hook(f"https://{host}:{target.port}/")
    resolver(monkeypatch, "127.0.0.1")
    deliver()
    assert ledger().statuses == [expected], ledger().first.error
    assert len(target.requests) == (expected == "sent")
    if expected != "sent":
        assert "certificate" in ledger().first.error.lower()
    target.stop()


def test_an_unknown_authority_is_not_trusted(hook, deliver, ledger, authority, monkeypatch):
    target = https_target(trustme.CA().issue_cert("hooks.example"))
    hook(f"https://hooks.example:{target.port}/")
    resolver(monkeypatch, "127.0.0.1")
    deliver()
    assert ledger().statuses == ["pending"] and "certificate" in ledger().first.error.lower()
    assert target.requests == []
    target.stop()


def test_the_payload_is_json_for_every_field_type(hook, deliver, http_target):
    contact = ContactFactory()
    for kind, raw in SAMPLES.items():
        give(contact, kind, raw)
    assert set(SAMPLES) == set(FIELD_TYPES)
    hook(http_target.url, contacts=[contact])
    deliver()
    fields = json.loads(http_target.requests[0].body)["contact"]["fields"]
    assert set(fields) == set(SAMPLES)
    assert fields["multiselect"] == ["Red", "Blue"] and fields["checkbox"] is True
    assert fields["date"] == "2026-05-01" and fields["datetime"].startswith("2026-05-01T08:00:00")
