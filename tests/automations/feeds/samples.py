"""Feeds as servers send them."""

from collections.abc import Sequence
from urllib.parse import quote
from xml.sax.saxutils import escape

from django.utils import timezone

from automations.models import Automation, Feed, FeedRun, FeedWatch
from tests.peers.http import Answer


def a_feed(automation: Automation) -> Feed:
    """A feed as it is after two checks: an item, and a trigger's place and run."""
    now = timezone.now()
    feed = Feed.objects.create(
        url="https://blog.example.com/feed", title="The blog", next_check_at=now, read_at=now, checked_at=now
    )
    item = feed.items.create(
        key="1", title="New <b>", link="https://blog.example.com/1", found_at=now, seen_at=now
    )
    place = {"automation": automation, "trigger_key": "k", "feed": feed}
    FeedWatch.objects.create(**place, since=now, due_at=now, seen_at=now)
    FeedRun.objects.create(**place, items=[item.told()], count=1, last_contact=0, at=now)
    return feed


def rss(*titles: str, name: str = "The blog", guid: bool = True) -> bytes:
    """RSS 2.0; the newest item first."""
    items = "".join(
        f"<item><title>{escape(title)}</title><link>https://blog.example.com/{quote(title)}</link>"
        + (f"<guid isPermaLink='false'>id-{escape(title)}</guid>" if guid else "")
        + f"<description>&lt;p&gt;About &lt;b&gt;{escape(title)}&lt;/b&gt;&lt;/p&gt;</description>"
        + "<pubDate>Sat, 28 Nov 2026 09:00:00 GMT</pubDate></item>"
        for title in titles
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{escape(name)}</title>'
        f"<link>https://blog.example.com/</link>{items}</channel></rss>"
    ).encode()


def page(body: bytes, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    return Answer(status, body, headers=(("Content-Type", "application/rss+xml"), *headers))


RSS_091 = b"""<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>Old news</title><link>http://old.example.com/</link><description>x</description>
<item><title>One</title><link>http://old.example.com/1</link></item>
<item><title>Two</title><link>http://old.example.com/2</link></item></channel></rss>"""

RSS_090 = b"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>Older</title><link>http://o.example.com/</link>
</channel><item><title>One</title><link>http://o.example.com/1</link></item>
<item><title>Two</title><link>http://o.example.com/2</link></item></rdf:RDF>"""

RDF_10 = b"""<?xml version="1.0" encoding="UTF-8"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="http://r.example.com/"><title>RDF</title><link>http://r.example.com/</link></channel>
<item rdf:about="http://r.example.com/1"><title>One</title><link>http://r.example.com/1</link>
<dc:date>2026-11-28T09:00:00Z</dc:date></item>
<item rdf:about="http://r.example.com/2"><title>Two</title><link>http://r.example.com/2</link></item></rdf:RDF>"""

ATOM_10 = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Café</title>
<id>urn:feed</id><updated>2026-11-28T09:00:00Z</updated>
<entry><title type="html">One &amp;amp; only &lt;script&gt;alert(1)&lt;/script&gt;</title><id>urn:1</id>
<link href="/posts/1"/><published>2026-11-28T09:00:00+02:00</published>
<content type="html">&lt;p&gt;Hello&lt;/p&gt;</content></entry>
<entry><title>Two</title><id>urn:2</id><link rel="alternate" href="https://a.example.com/2"/></entry></feed>""".encode()

ATOM_03 = b"""<?xml version="1.0"?><feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Atom 0.3</title>
<entry><title>One</title><id>tag:1</id><link rel="alternate" type="text/html" href="http://a.example.com/1"/>
<issued>2026-11-28T09:00:00Z</issued></entry><entry><title>Two</title><id>tag:2</id></entry></feed>"""

LATIN = (
    "<?xml version='1.0' encoding='iso-8859-1'?><rss version='2.0'><channel><title>Été</title>"
    "<item><title>Déjà vu</title><guid>1</guid></item>"
    "<item><title>Two</title><guid>2</guid></item></channel></rss>"
).encode("latin-1")

BROKEN = b"""<rss version="2.0"><channel><title>Not well-formed & open</title>
<item><title>One</title><guid>1</guid></item>
<item><title>Two <b>bold</title><guid>2</guid><pubDate>the day before yesterday</pubDate></item>"""

EMPTY = b'<?xml version="1.0"?><rss version="2.0"><channel><title>Nothing yet</title></channel></rss>'
