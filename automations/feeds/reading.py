"""A feed's document, from its address to its items. Touches no database; whatever is wrong is a FeedError."""

import calendar
import hashlib
import html
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import httpcore
import nh3
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.outgoing.http import BadEncoding, Document, Header, TooManyRedirects, TooMuch, get

#: A feed's newest items; what stands further down is old.
MAX_ITEMS = 500
MAX_TITLE, MAX_LINK, MAX_SUMMARY = 300, 500, 500
AGENT = b"marketing-automation feed reader"
ACCEPT = b"application/rss+xml, application/atom+xml, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"
LONGEST_PAUSE = timedelta(days=1)


class FeedError(Exception):
    """A sentence for people. `pause` is what the server asks for before the next try."""

    def __init__(self, message: str, pause: timedelta | None = None) -> None:
        super().__init__(message)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Item:
    """Plain text, without markup; `link` is "" or begins with http."""

    key: str
    title: str
    link: str
    summary: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """`items` are newest first, as the feed has them; None: nothing has changed."""

    title: str
    items: list[Item] | None
    etag: str = ""
    last_modified: str = ""


def read_feed(url: str, *, etag: str = "", last_modified: str = "") -> Reading:
    """Fetch and parse. The answers of the last reading let the server say that nothing has changed."""
    document = _fetch(url, etag, last_modified)
    if document.status == 304:
        return Reading("", None, etag, last_modified)
    if document.status != 200:
        raise FeedError(_("The server answered with the status %d.") % document.status, _asked_pause(document))
    title, items = parse_feed(document)
    headers = document.headers
    return Reading(title, items, headers.get("etag", "")[:250], headers.get("last-modified", "")[:100])


def _fetch(url: str, etag: str, last_modified: str) -> Document:
    headers: list[Header] = [(b"User-Agent", AGENT), (b"Accept", ACCEPT)]
    if etag:
        headers.append((b"If-None-Match", etag.encode("latin-1", "ignore")))
    if last_modified:
        headers.append((b"If-Modified-Since", last_modified.encode("latin-1", "ignore")))
    limit = settings.FEED_MAX_BYTES
    try:
        return get(url, headers=headers, seconds=settings.FEED_TIMEOUT, max_bytes=limit)
    except ValidationError as error:
        raise FeedError(" ".join(error.messages)) from None
    except TooMuch:
        raise FeedError(_("The answer has more than %d bytes.") % limit) from None
    except TooManyRedirects:
        raise FeedError(_("The server redirects without an end.")) from None
    except BadEncoding:
        raise FeedError(_("The answer is compressed in a way that can't be read.")) from None
    except (httpcore.TimeoutException, TimeoutError):
        raise FeedError(_("No answer within %g seconds.") % settings.FEED_TIMEOUT) from None
    except (OSError, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise FeedError(
            _("The server can't be reached: %s") % (str(error) or type(error).__name__)[:200]
        ) from None
    except ValueError:
        raise FeedError(_("This is not a web address.")) from None


def _asked_pause(document: Document) -> timedelta | None:
    seconds = document.headers.get("retry-after", "")
    return min(timedelta(seconds=int(seconds[:9])), LONGEST_PAUSE) if seconds.isdecimal() else None


def parse_feed(document: Document) -> tuple[str, list[Item]]:
    """(title, items) of RSS 0.9 to 2.0, RDF and Atom, well-formed or nearly so."""
    headers = {"content-location": document.url}
    if "content-type" in document.headers:
        headers["content-type"] = document.headers["content-type"]
    try:
        # A stream: what looks like the name of a file would be opened.
        parsed = feedparser.parse(io.BytesIO(document.body), response_headers=headers)
    except Exception as error:
        # The parser guesses at anything; what it stumbles over is no feed to us.
        raise FeedError(_("The feed can't be read: %s") % type(error).__name__) from None
    if not parsed.get("version"):
        raise FeedError(_("There is no feed (RSS or Atom) at this address."))
    return _plain(parsed.feed.get("title"), MAX_TITLE), list(_items(parsed.entries[:MAX_ITEMS]))


def _items(entries: list[Any]) -> Iterator[Item]:
    links = Counter(entry.get("link") for entry in entries)
    seen: set[str] = set()
    for entry in entries:
        item = _item(entry, unique_link=links[entry.get("link")] == 1)
        if item.key not in seen:
            seen.add(item.key)
            yield item


def _item(entry: Mapping[str, Any], *, unique_link: bool) -> Item:
    title = _plain(entry.get("title"), MAX_TITLE)
    summary = _plain(entry.get("summary") or _content(entry), MAX_SUMMARY)
    link = str(entry.get("link") or "").strip()
    identity = _identity(str(entry.get("id") or "").strip(), link, title, summary, unique_link)
    return Item(
        key=hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest(),
        title=title,
        link=link if _is_link(link) else "",
        summary=summary,
        published=_moment(entry),
    )


def _identity(guid: str, link: str, title: str, summary: str, unique_link: bool) -> str:
    """What stays the same as long as the item does: its guid; without one its link, or at last its words."""
    if guid:
        return f"guid {guid}"
    if link and unique_link:
        return f"link {link}"
    return f"text {link}\n{title}\n{'' if title else summary}"


def _content(entry: Mapping[str, Any]) -> str:
    found = entry.get("content") or [{}]
    return str(found[0].get("value") or "")


def _plain(markup: Any, limit: int) -> str:
    """Text without markup, in one line."""
    text = html.unescape(nh3.clean(str(markup or "")[:20_000], tags=set()))
    text = " ".join(text.replace("\x00", " ").split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _is_link(link: str) -> bool:
    usual = link.startswith(("http://", "https://")) and len(link) <= MAX_LINK
    return usual and link.isprintable() and not any(character in link for character in " <>\"'`\\")


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    """When it was published, as the feed says; None where that is no date."""
    names = [name for name in ("published_parsed", "updated_parsed") if name in entry]
    parts = entry[names[0]] if names else None
    try:
        return datetime.fromtimestamp(calendar.timegm(parts), UTC) if parts else None
    except (OverflowError, OSError, ValueError, TypeError):
        return None
