"""Which fetches of an e-mail's pixel and links are people's. Pure functions; nothing here is certain.

Opens   Apple's Mail Privacy Protection fetches every image when the mail arrives, through a relay that calls
        itself “Mozilla/5.0” and nothing else. Gmail's own prefetch bears the odd agent below. The image
        proxies of Gmail (GoogleImageProxy), Outlook.com and Yahoo (YahooMailProxy) fetch when somebody looks:
        those are opens.
Clicks  Security gateways follow the links of a mail before it is shown: with an agent that says so, seconds
        after it was sent, or all of them at once.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

#: Different links within this time were not clicked by a hand: three of them, or all there are.
SWEEP = timedelta(seconds=5)
SWEEP_LINKS = 3

APPLE_RELAY = "Mozilla/5.0"
GMAIL_PREFETCH = re.compile(r"Chrome/42\.0\.2311\.135 Safari/537\.36 Edge/12\.246 Mozilla/5\.0$")
SHOWN_BY_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy", re.IGNORECASE)
# Gateways, previews of chat programs, crawlers, and libraries that no mail program uses.
MACHINES = re.compile(
    r"barracuda|mimecast|proofpoint|urldefense|symantec|messagelabs|ironport|sophos|trend ?micro|fortinet"
    r"|fortimail|forcepoint|zscaler|bitdefender|mcafee|trellix|fireeye|cloudmark|hornetsecurity|retarus"
    r"|vade ?secure|avanan|safelinks|office existence discovery|bingpreview|slackbot"
    r"|facebookexternalhit|twitterbot|linkedinbot"
    r"|whatsapp/|telegrambot|discordbot|skypeuripreview|googlebot|bingbot|yandexbot|applebot|\bspider\b|\bcrawler\b"
    r"|\bscanner\b|\blinkcheck|headlesschrome|phantomjs|^curl/|^wget|python-requests|python-urllib|aiohttp|httpx/"
    r"|go-http-client|^java/|apache-httpclient|okhttp|libwww-perl|^ruby|node-fetch|axios/|guzzlehttp|lua-resty",
    re.IGNORECASE,
)
PREFETCH_HEADERS = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")
PREFETCH = re.compile(r"\b(prefetch|prerender|preview)\b", re.IGNORECASE)


class Fetch(Enum):
    """PERSON counts. MACHINE is kept apart. HELD is not decided yet. NOTHING leaves no trace."""

    PERSON = "person"
    MACHINE = "machine"
    HELD = "held"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Click:
    """One click; `link` is an id."""

    link: int
    at: datetime


def is_look_ahead(method: str, headers: Mapping[str, str]) -> bool:
    """A HEAD, or a browser that loads what may be clicked later: neither open nor click, a person's or not."""
    return method != "GET" or any(PREFETCH.search(headers.get(name, "")) for name in PREFETCH_HEADERS)


def is_machine(agent: str) -> bool:
    """An agent that is no browser's and no mail program's; without one, too."""
    agent = agent.strip()
    if SHOWN_BY_PROXY.search(agent):
        return False
    return not agent or bool(MACHINES.search(agent))


def judge_open(method: str, headers: Mapping[str, str]) -> Fetch:
    agent = headers.get("User-Agent", "").strip()
    if is_look_ahead(method, headers):
        return Fetch.NOTHING
    machine = agent == APPLE_RELAY or GMAIL_PREFETCH.search(agent) or is_machine(agent)
    return Fetch.MACHINE if machine else Fetch.PERSON


def judge_click(
    method: str,
    headers: Mapping[str, str],
    *,
    link: int,
    now: datetime,
    sent_at: datetime | None,
    before: Sequence[Click] = (),
    impossible: timedelta = timedelta(seconds=2),
    early: timedelta = timedelta(seconds=30),
) -> Fetch:
    """`before`: the e-mail's other clicks of late. Sooner than `impossible` after sending it is no person's."""
    if is_look_ahead(method, headers):
        return Fetch.NOTHING
    if is_machine(headers.get("User-Agent", "")):
        return Fetch.MACHINE
    if sent_at is None:  # gateways look while the mail is still being handed over
        return Fetch.HELD
    if now - sent_at < early:
        return Fetch.MACHINE if now - sent_at < impossible else Fetch.HELD
    others = {click.link for click in before if now - click.at <= SWEEP} - {link}
    return Fetch.HELD if others else Fetch.PERSON


def swept(clicks: Sequence[Click], links: int) -> list[bool]:
    """For each click, whether it was one of many different ones at once. `links`: how many the e-mail has."""
    enough = min(SWEEP_LINKS, max(links, 2))
    return [len({other.link for other in _burst(click, clicks)}) >= enough for click in clicks]


def _burst(click: Click, clicks: Sequence[Click]) -> list[Click]:
    """The largest set of clicks within one span of SWEEP that holds this one."""
    starts = [start.at for start in clicks if timedelta() <= click.at - start.at <= SWEEP]
    spans = [[other for other in clicks if timedelta() <= other.at - start <= SWEEP] for start in starts]
    return max(spans, key=lambda span: len({other.link for other in span}), default=[])
