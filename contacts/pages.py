"""Addresses of pages: one spelling for the same page, and patterns with `*`. Pure functions.

The spelling drops what is in `PARTS` unless it is asked to keep it: "site.com/blog" stands for
"https://www.site.com/blog/?utm_source=x#top" and "HTTP://site.com/Blog". Percent-encoding and
punycode are always undone. `*` in a pattern stands for any text, slashes included; %2A is the character itself.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.values import check_text

MAX_URL = 2_000
#: What is stored for asking later; the rest of a longer address is cut off.
MAX_PAGE = 500
#: The parameter by which a link we sent says who follows it.
CONTACT_PARAMETER = "_contact"

PARTS = {
    "scheme": gettext_lazy("http or https"),
    "www": gettext_lazy("“www.”"),
    "slash": gettext_lazy("the slash at the end"),
    "query": gettext_lazy("the query (?…)"),
    "fragment": gettext_lazy("the part after #"),
    "case": gettext_lazy("upper and lower case"),
}
_ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<host>[^/?#]*)(?P<path>[^?#]*)(?P<rest>.*)", re.I | re.S
)


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address, decoded; `query` and `fragment` begin with ? and #, or are empty."""

    scheme: str
    host: str
    path: str
    query: str
    fragment: str

    def spelled(self, keep: Collection[str] = (), slash: str = "") -> str:
        """`slash` is what the path ends with where slashes at the end don't count."""
        host = self.host if "www" in keep else self.host.removeprefix("www.")
        path = self.path if "slash" in keep else self.path.rstrip("/") + slash
        text = (self.scheme if "scheme" in keep else "") + host + path
        text += (self.query if "query" in keep else "") + (self.fragment if "fragment" in keep else "")
        return text if "case" in keep else text.lower()


@lru_cache(maxsize=1_000)
def split_address(text: str) -> Address:
    """Of an address or a pattern. Never raises: nonsense is an address that nobody visits."""
    found = _ADDRESS.match(text.strip())
    assert found is not None  # noqa: S101 every part may be empty
    query, hash_sign, fragment = found["rest"].partition("#")
    return Address(
        scheme=(found["scheme"] or "").lower(),
        host=_host(found["host"]),
        path=_decoded(found["path"]),
        query=_decoded(query) if query != "?" else "",
        fragment=hash_sign + _decoded(fragment) if fragment else "",
    )


def page_of(url: str) -> str:
    """The spelling by which visits are stored and asked for."""
    return split_address(url).spelled()[:MAX_PAGE]


def host_of(url: str) -> str:
    """The host without port, user and “www.”, in lower case."""
    return split_address(url).host.rpartition("@")[2].partition(":")[0].removeprefix("www.")


def clean_url(value: str) -> str:
    """An http or https address that can be stored, or ValidationError."""
    url = check_text(value.strip())
    if len(url) > MAX_URL:
        raise ValidationError(_("An address has at most %d characters.") % MAX_URL)
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if split_address(url).scheme not in ("http://", "https://") or not host or re.search(r"\s", url):
        raise ValidationError(_("Give the whole address of a page, beginning with http:// or https://."))
    return url


def without_contact(url: str) -> str:
    """The address without the parameter that names a contact, which is nobody else's business."""
    if CONTACT_PARAMETER not in url:
        return url
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != CONTACT_PARAMETER]
    return urlunsplit(parts._replace(query=urlencode(query)))


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the address of a page must be. `wild`: `*` stands for any text.

    `keep` names the parts (`PARTS`) that count; the others may differ.
    """

    text: str
    wild: bool = True
    keep: tuple[str, ...] = ()

    def matches(self, url: str) -> bool:
        """In time proportional to the lengths of both."""
        address = split_address(url)
        pieces = self.pieces
        # “site.com/blog/*” means “site.com/blog/” too, which is “site.com/blog” where slashes don't count.
        ends = ("",) if "slash" in self.keep else ("", "/")
        return any(_match(pieces, address.spelled(self.keep, slash)) for slash in ends)

    @property
    def pieces(self) -> list[str]:
        """The literal texts around the stars; one piece: no star."""
        return _pieces(self.text, self.wild, self.keep)

    @property
    def host(self) -> str | None:
        """As `host_of` of the addresses that can match; None where a star leaves it open."""
        host = split_address(self.text).host
        return None if self.wild and "*" in host else host_of(self.text)

    def like(self) -> list[str]:
        """Of the pages as stored (`page_of`): the LIKE patterns, escaped by a backslash, any of which matches."""
        pieces = _pieces(self.text, self.wild, ())
        patterns = ["%".join(map(_escaped, pieces))]
        if len(pieces) > 1 and pieces[-1] == "" and pieces[-2].endswith("/"):
            patterns.append("%".join(map(_escaped, [*pieces[:-2], pieces[-2][:-1]])))
        return patterns


@lru_cache(maxsize=10_000)
def _pieces(text: str, wild: bool, keep: tuple[str, ...]) -> list[str]:
    if not wild:
        return [split_address(text).spelled(keep)]
    # Stars are taken for a character that decoding can't yield.
    starred = split_address(re.sub(r"\*+", _STAR, text)).spelled(keep)
    return starred.split(_STAR)


#: A private-use character: no address has it unencoded, and it survives lower().
_STAR = "\ue000"


def _match(pieces: list[str], text: str) -> bool:
    """Greedy, from the left: the first place for each piece is as good as any later one."""
    first, *rest = pieces
    if not rest:
        return text == first
    last = rest.pop()
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in rest:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _host(text: str) -> str:
    host = text.lower()
    if "xn--" in host:
        try:
            return host.encode("ascii").decode("idna")
        except UnicodeError:
            return host
    return host


def _decoded(text: str) -> str:
    plain = unquote(text.replace(_STAR, "\0"), errors="replace") if "%" in text else text
    # What can't be stored, or would be taken for a star, stays encoded; a star put in before stays a star.
    if "\0" not in plain and _STAR not in plain:
        return plain
    return "".join(_safely(part) for part in re.split(f"({_STAR})", text))


def _safely(part: str) -> str:
    if part == _STAR:
        return part
    plain = unquote(part, errors="replace")
    return part if "\0" in plain or _STAR in plain else plain
