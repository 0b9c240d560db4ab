"""Feeds over HTTP from a real server: every dialect, bad servers, and what must not be reached."""

import gzip
import socket
import time
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automations.feeds.checking import pause_after
from automations.feeds.reading import FeedError, read_feed
from tests.peers.http import Answer, HttpTarget

from . import samples
from .samples import page, rss


@pytest.fixture(autouse=True)
def _local(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    settings.FEED_TIMEOUT = 1.5


def found_at(target: HttpTarget, answer: Answer, **known: str) -> Any:
    target.pages["/feed"] = answer
    return read_feed(f"{target.url}/feed", **known)


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (rss("One", "Two"), "The blog"),
        (samples.RSS_091, "Old news"),
        (samples.RSS_090, "Older"),
        (samples.RDF_10, "RDF"),
        (samples.ATOM_10, "Café"),
        (samples.ATOM_03, "Atom 0.3"),
        (samples.LATIN, "Été"),
    ],
)
def test_dialects(http_target, body, title):
    reading = found_at(http_target, page(body))
    assert reading.title == title
    assert len(reading.items) == 2
    assert [item.title.split()[0] for item in reading.items] in (["One", "Two"], ["Déjà", "Two"])
    assert len({item.key for item in reading.items}) == 2


def test_an_item_is_plain_text_and_its_link_absolute(http_target):
    first, second = found_at(http_target, page(samples.ATOM_10)).items
    assert (first.title, first.summary) == ("One & only", "Hello")
    assert first.link == f"{http_target.url}/posts/1"
    assert first.published == datetime(2026, 11, 28, 7, tzinfo=UTC)
    assert (second.link, second.published) == ("https://a.example.com/2", None)


def test_what_is_nearly_a_feed_is_read_and_wrong_dates_are_none(http_target):
    items = found_at(http_target, page(samples.BROKEN)).items
    assert [item.published for item in items] == [None] * len(items)
    assert len(items) == 2


def test_an_empty_feed_is_a_feed(http_target):
    assert found_at(http_target, page(samples.EMPTY)).items == []


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "https://x.example/ a", "x" * 600])
def test_odd_links_are_left_out(http_target, link):
    item = f"<item><guid>1</guid><link>{link}</link></item>"
    body = f"<rss version='2.0'><channel><title>t</title>{item}</channel></rss>"
    (item,) = found_at(http_target, page(body.encode())).items
    assert item.link in ("", "https://x.example/")


def _keys(target: HttpTarget, items: str) -> list[str]:
    body = f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>"
    return [item.key for item in found_at(target, page(body.encode())).items]


def test_without_guids_the_link_or_the_words_tell_items_apart(http_target):
    one = "<item><title>One</title><link>https://x.example/1</link></item>"
    edited = "<item><title>One, edited</title><link>https://x.example/1</link></item>"
    assert _keys(http_target, one) == _keys(http_target, edited)
    same_link = "".join(f"<item><title>{t}</title><link>https://x.example/</link></item>" for t in ("A", "B"))
    assert len(set(_keys(http_target, same_link))) == 2
    words = "<item><title>A</title></item><item><title>B</title></item><item><description>C</description></item>"
    assert len(set(_keys(http_target, words))) == 3
    assert _keys(http_target, words) == _keys(http_target, words)
    twice = "<item><guid>1</guid></item><item><guid>1</guid></item>"
    assert len(_keys(http_target, twice)) == 1


# --- Servers -----------------------------------------------------------------------------------


def test_etag_and_last_modified_spare_the_body(http_target):
    stamp = "Sat, 28 Nov 2026 09:00:00 GMT"
    reading = found_at(http_target, page(rss("One"), headers=[("ETag", '"abc"'), ("Last-Modified", stamp)]))
    assert (reading.etag, reading.last_modified) == ('"abc"', stamp)
    again = found_at(http_target, Answer(304, b""), etag=reading.etag, last_modified=reading.last_modified)
    assert again.items is None
    sent = http_target.requests[-1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"abc"', stamp)
    assert (again.etag, again.last_modified) == ('"abc"', stamp)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(http_target, status):
    http_target.pages["/new"] = page(rss("One"))
    assert len(found_at(http_target, Answer(status, headers=(("Location", "/new"),))).items) == 1


def test_packed_bodies(http_target):
    for name, body in (("gzip", gzip.compress(rss("One"))), ("deflate", zlib.compress(rss("One")))):
        assert len(found_at(http_target, page(body, headers=[("Content-Encoding", name)])).items) == 1


BOMB = gzip.compress(b"\0" * 300_000_000, 9)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(404), "status 404"),
        (Answer(500, b"<rss>"), "status 500"),
        (Answer(302, headers=(("Location", "/feed"),)), "redirects without an end"),
        (Answer(302, headers=(("Location", "ftp://x.example/"),)), "https:// or http://"),
        (Answer(302, headers=(("Location", "http://[bad/"),)), "not a web address"),
        (page(b"<html><body>Hello</body></html>"), "no feed"),
        (page(b""), "no feed"),
        (page(b"{}"), "no feed"),
        (page(b"/etc/passwd"), "no feed"),
        (page(b"x" * 6_000_000), "more than"),
        (Answer(200, b"<rss>" * 10_000, endless=True), "more than"),
        (Answer(200, b"x", endless=True, seconds=0.2), "within 1.5 seconds"),
        (Answer(200, seconds=3), "within 1.5 seconds"),
        (Answer(drop=True), "can't be reached"),
        (page(BOMB, headers=[("Content-Encoding", "gzip")]), "more than"),
        (page(gzip.compress(rss("One"))[:-20], headers=[("Content-Encoding", "gzip")]), "can't be read"),
        (page(b"no gzip", headers=[("Content-Encoding", "gzip")]), "can't be read"),
        (page(b"x", headers=[("Content-Encoding", "br")]), "can't be read"),
    ],
)
def test_bad_servers_get_a_sentence(http_target, answer, text):
    started = time.monotonic()
    with pytest.raises(FeedError, match=text):
        found_at(http_target, answer)
    assert time.monotonic() - started < 6


def test_entities_do_not_multiply(http_target):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = (
        f'<!DOCTYPE r [<!ENTITY l0 "ha">{laughs}]><rss version="2.0"><channel><title>&l9;</title></channel></rss>'
    )
    secret = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&x;</title>'
    for body in (bomb, f"{secret}</channel></rss>"):
        started = time.monotonic()
        reading = found_at(http_target, page(body.encode()))
        assert "root:" not in reading.title and len(reading.title) <= 300
        assert time.monotonic() - started < 2


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(FeedError, match="can't be reached"):
            read_feed(f"http://127.0.0.1:{free.getsockname()[1]}/feed")


# --- Private addresses -------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://localhost/", "http://10.0.0.1/", "http://[::1]/"])
def test_private_addresses_are_refused(settings, url):
    settings.WEBHOOK_ALLOW_PRIVATE = False
    with pytest.raises(FeedError, match="private address"):
        read_feed(url)


def _resolve(monkeypatch: Any, answers: dict[str, list[str]]) -> None:
    """Each look-up of a name takes the next of its addresses, and then stays with the last."""

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        found = answers.get(host, [host])
        address = found.pop(0) if len(found) > 1 else found[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_after_a_redirect_and_behind_a_name_too(http_target, settings, monkeypatch):
    """The public server is the peer, which alone of the private addresses may be called here."""
    from contacts.outgoing import addresses

    settings.WEBHOOK_ALLOW_PRIVATE = False
    public = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda address: str(address) == "127.0.0.1" or public(address))
    _resolve(monkeypatch, {"public.example": ["127.0.0.1"], "inner.example": ["10.0.0.1"]})
    http_target.pages["/ok"] = page(rss("One"))
    start = f"http://public.example:{http_target.port}"
    assert len(read_feed(f"{start}/ok").items or []) == 1
    for location in (
        "http://10.0.0.1/",
        "http://inner.example/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/",
    ):
        http_target.pages["/feed"] = Answer(302, headers=(("Location", location),))
        with pytest.raises(FeedError, match="private address"):
            read_feed(f"{start}/feed")


def test_a_name_that_changes_its_mind(http_target, settings, monkeypatch):
    """One look-up is both checked and connected to."""
    from contacts.outgoing import addresses

    settings.WEBHOOK_ALLOW_PRIVATE = False
    public = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda address: str(address) == "127.0.0.1" or public(address))
    _resolve(monkeypatch, {"rebind.example": ["127.0.0.1", "10.0.0.1"]})
    http_target.pages["/feed"] = page(rss("One"))
    assert len(read_feed(f"http://rebind.example:{http_target.port}/feed").items or []) == 1


def test_pauses_grow_to_a_day():
    pauses = [pause_after(failures) for failures in range(1, 12)]
    assert pauses[:4] == [timedelta(minutes=minutes) for minutes in (15, 30, 60, 120)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(days=1)


def test_a_server_may_ask_for_a_longer_pause(http_target):
    with pytest.raises(FeedError) as caught:
        found_at(http_target, Answer(503, headers=(("Retry-After", "7200"),)))
    assert caught.value.pause == timedelta(hours=2)
    with pytest.raises(FeedError) as caught:
        found_at(http_target, Answer(429, headers=(("Retry-After", "99999999999999"),)))
    assert caught.value.pause == timedelta(days=1)
