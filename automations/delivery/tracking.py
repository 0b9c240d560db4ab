"""Finds an e-mail's links as they are written, and leads them through this server, each reader's his own way.

Links are found in the template, before personalisation: so “one link of that e-mail” is one, whatever
each contact's address of it is. Each gets a mark that outlives personalisation and cleaning:

    HTML   <a href="https://example.com/{{ contact.id }}" data-tracked-link="0">
    text   between control characters that no text has

Not counted: links to unsubscribe and to the preferences, mailto:, tel: and anchors, relative ones, those
with a `data-no-track` attribute, and addresses that are made by personalisation in a plain text.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from contacts.engagement_links import click_url, pixel_url
from contacts.services.campaign_links import link_ids

MARK = "data-tracked-link"
LIQUID = r"\{\{.*?\}\}|\{%.*?%\}"
TAG = re.compile(rf"""<(?:a|area)\b(?:{LIQUID}|"(?:{LIQUID}|[^"])*"|'(?:{LIQUID}|[^'])*'|[^>"'])*>""", re.I | re.S)
HREF = re.compile(rf"""\bhref\s*=\s*(?:"((?:{LIQUID}|[^"])*)"|'((?:{LIQUID}|[^'])*)')""", re.I | re.S)
OPT_OUT = re.compile(r"\bdata-no-track\b(?!\s*=\s*[\"']?false)", re.I)
# What can become an http(s) address; one that begins with a value may.
CANDIDATE = re.compile(r"\s*(?:https?://|\{\{|\{%)", re.I)
OWN = re.compile(r"\{\{-?\s*links\b")
FOREIGN_MARK = re.compile(rf"\s{MARK}\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+)", re.I)
TEXT_URL = re.compile(rf"""https?://(?:{LIQUID}|[^\s<>"'{{}}])+""", re.I | re.S)
TRAILING = ".,;:!?)]*_"
IN_HTML = re.compile(rf"""href=("|')(.*?)\1 {MARK}=("|')(\d{{1,4}})\3""", re.S)
ANY_MARK = re.compile(rf"""\s{MARK}=("|')\d*\1""")
IN_TEXT = re.compile("\x02(\\d{1,4})\x03(.*?)\x04", re.S)
#: Longer addresses are cut by some mail programs: such a link stays as it is.
LONGEST = 1_500


@dataclass(frozen=True, slots=True)
class Marked:
    """An e-mail's templates with marks; `urls[n]` is the link that mark n stands for, as written."""

    html: str
    text: str
    urls: tuple[str, ...]


@lru_cache(maxsize=200)
def mark(source: str, text: str) -> Marked:
    urls: list[str] = []

    def number(url: str) -> int:
        if url not in urls:
            urls.append(url)
        return urls.index(url)

    def in_tag(found: re.Match[str]) -> str:
        tag = FOREIGN_MARK.sub("", found[0])
        href = None if OPT_OUT.search(tag) else HREF.search(tag)
        if href is None:
            return tag
        written = href[1] if href[1] is not None else href[2]
        if not CANDIDATE.match(written) or OWN.search(written):
            return tag
        place = number(html.unescape(written).strip())
        return f'{tag[: href.start()]}{href[0]} {MARK}="{place}"{tag[href.end() :]}'

    def in_text(found: re.Match[str]) -> str:
        url = found[0].rstrip(TRAILING)
        return f"\x02{number(url)}\x03{url}\x04{found[0][len(url) :]}"

    marked = TAG.sub(in_tag, source)
    return Marked(marked, TEXT_URL.sub(in_text, text), tuple(urls))


def links_in(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The links of an e-mail (the settings of a send-e-mail step), as they are written."""
    return mark(content.get("html") or "", content.get("text") or "").urls


@dataclass(frozen=True, slots=True)
class Tracking:
    """How one content is counted; `ids[n]` is the link of mark n. Made once for a batch, used for each e-mail."""

    marked: Marked
    ids: Sequence[int]
    opens: bool
    links: bool

    @classmethod
    def of(cls, content: Mapping[str, Any], campaign: int | None) -> "Tracking | None":
        """None where nothing is counted: no campaign, or neither opens nor links. One query for known links."""
        opens, links = bool(content.get("track_opens")), bool(content.get("track_links"))
        if campaign is None or not (opens or links):
            return None
        marked = mark(content.get("html") or "", content.get("text") or "") if links else Marked("", "", ())
        known = link_ids(campaign=campaign, urls=marked.urls)
        return cls(marked, [known[url] for url in marked.urls], opens, links)

    def content(self, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """The content to personalise."""
        return {**content, "html": self.marked.html, "text": self.marked.text} if self.links else content

    def html(self, body: str, email: int, own: Sequence[str]) -> str:
        """Personalised and cleaned HTML with the links of this e-mail. `own` addresses stay as they are."""

        def replaced(found: re.Match[str]) -> str:
            url = self._url(int(found[4]), html.unescape(found[2]), email, own)
            return f"href={found[1]}{html.escape(url) if url else found[2]}{found[1]}"

        return ANY_MARK.sub("", IN_HTML.sub(replaced, body))

    def text(self, text: str, email: int, own: Sequence[str]) -> str:
        return IN_TEXT.sub(lambda found: self._url(int(found[1]), found[2], email, own) or found[2], text)

    def pixel(self, email: int) -> str:
        """Its address; "" where opens are not counted."""
        return pixel_url(email) if self.opens else ""

    def _url(self, place: int, filled: str, email: int, own: Sequence[str]) -> str:
        """Where the link leads for this reader; "" for one that is not counted."""
        filled = filled.strip()
        if place >= len(self.ids) or filled in own or not is_web(filled):
            return ""
        url = click_url(email, self.ids[place], "" if filled == self.marked.urls[place] else filled)
        return url if len(url) <= LONGEST else ""


def is_web(url: str) -> bool:
    """A whole http(s) address, without what could mislead a browser."""
    if not url.isprintable() or any(character in url for character in ' \\"<>'):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
