"""Whose fetch it was: tables, with the agents as they were seen in the wild."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.machines import Click, Fetch, judge_click, judge_open, swept

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
OLD_EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
APPLE_MAIL = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.4266; Pro)"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

OPENS = [
    ("GET", {"User-Agent": CHROME}, Fetch.PERSON),
    ("GET", {"User-Agent": GMAIL}, Fetch.PERSON),
    ("GET", {"User-Agent": YAHOO}, Fetch.PERSON),
    ("GET", {"User-Agent": APPLE_MAIL}, Fetch.PERSON),
    ("GET", {"User-Agent": OUTLOOK}, Fetch.PERSON),
    ("GET", {"User-Agent": OLD_EDGE}, Fetch.PERSON),
    ("GET", {"User-Agent": "Mozilla/5.0"}, Fetch.MACHINE),
    ("GET", {"User-Agent": " Mozilla/5.0 "}, Fetch.MACHINE),
    ("GET", {"User-Agent": GMAIL_PREFETCH}, Fetch.MACHINE),
    ("GET", {"User-Agent": ""}, Fetch.MACHINE),
    ("GET", {}, Fetch.MACHINE),
    ("GET", {"User-Agent": "Barracuda Sentinel (EE)"}, Fetch.MACHINE),
    ("GET", {"User-Agent": "python-requests/2.31"}, Fetch.MACHINE),
    ("HEAD", {"User-Agent": CHROME}, Fetch.NOTHING),
    ("GET", {"User-Agent": CHROME, "Sec-Purpose": "prefetch;prerender"}, Fetch.NOTHING),
    ("GET", {"User-Agent": CHROME, "Purpose": "prefetch"}, Fetch.NOTHING),
    ("GET", {"User-Agent": CHROME, "X-Moz": "prefetch"}, Fetch.NOTHING),
    ("GET", {"User-Agent": CHROME, "X-Purpose": "preview"}, Fetch.NOTHING),
    ("GET", {"User-Agent": CHROME, "Purpose": "reading"}, Fetch.PERSON),
]


@pytest.mark.parametrize(("method", "headers", "verdict"), OPENS)
def test_opens(method, headers, verdict) -> None:
    assert judge_open(method, headers) == verdict


def clicks(*seconds_and_links):
    return [Click(link, NOW + timedelta(seconds=seconds)) for seconds, link in seconds_and_links]


# headers, seconds since it was sent (None: not known), clicks before (seconds, link), verdict of a click on 1
CLICKS = [
    ({"User-Agent": CHROME}, 3600, [], Fetch.PERSON),
    ({"User-Agent": CHROME}, 30, [], Fetch.PERSON),
    ({"User-Agent": CHROME}, 29.9, [], Fetch.HELD),
    ({"User-Agent": CHROME}, 2, [], Fetch.HELD),
    ({"User-Agent": CHROME}, 1.9, [], Fetch.MACHINE),
    ({"User-Agent": CHROME}, None, [], Fetch.HELD),
    ({"User-Agent": CHROME}, 3600, [(-1, 1)], Fetch.PERSON),  # twice on the same link
    ({"User-Agent": CHROME}, 3600, [(-1, 2)], Fetch.HELD),
    ({"User-Agent": CHROME}, 3600, [(-5, 2)], Fetch.HELD),
    ({"User-Agent": CHROME}, 3600, [(-5.1, 2)], Fetch.PERSON),
    ({"User-Agent": "Mozilla/5.0 Mimecast"}, 3600, [], Fetch.MACHINE),
    ({"User-Agent": "Slackbot-LinkExpanding 1.0"}, 3600, [], Fetch.MACHINE),
    ({}, 3600, [], Fetch.MACHINE),
    ({"User-Agent": CHROME, "Sec-Purpose": "prefetch"}, 3600, [], Fetch.NOTHING),
]


@pytest.mark.parametrize(("headers", "since", "before", "verdict"), CLICKS)
def test_clicks(headers, since, before, verdict) -> None:
    sent_at = None if since is None else NOW - timedelta(seconds=since)
    given = judge_click("GET", headers, link=1, now=NOW, sent_at=sent_at, before=clicks(*before))
    assert given == verdict


def test_asking_for_the_head_is_no_click() -> None:
    assert judge_click("HEAD", {"User-Agent": CHROME}, link=1, now=NOW, sent_at=None) == Fetch.NOTHING


# (seconds, link)…, links of the e-mail, which are a sweep's
SWEEPS = [
    ([(0, 1)], 1, [False]),
    ([(0, 1), (1, 1), (2, 1)], 5, [False] * 3),
    ([(0, 1), (1, 2)], 2, [True, True]),
    ([(0, 1), (1, 2)], 3, [False, False]),
    ([(0, 1), (1, 2), (2, 3)], 9, [True] * 3),
    ([(0, 1), (4, 2), (8, 3)], 9, [False] * 3),
    ([(0, 1), (2, 2), (5, 3)], 9, [True] * 3),
    ([(0, 1), (1, 2), (2, 3), (60, 1)], 9, [True, True, True, False]),
    ([(-4, 9), (0, 1), (1, 2), (2, 3)], 9, [True, True, True, True]),
    ([], 3, []),
]


@pytest.mark.parametrize(("given", "links", "found"), SWEEPS)
def test_everything_at_once(given, links, found) -> None:
    assert swept(clicks(*given), links) == found
