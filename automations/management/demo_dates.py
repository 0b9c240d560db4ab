"""The demo's automations that the clock starts: birthdays, renewals, and a blog.

The blog's address is one of those that belong to nobody. Its items are put in here; the worker asks for it in a
week at the earliest, and shows then what an unreachable feed looks like.
"""

from datetime import datetime, timedelta
from typing import Any

from automations.engine.sweeps import sweep
from automations.feeds.checking import keep_items
from automations.feeds.reading import Item
from automations.models import Automation, Feed, Step
from automations.services import activate, add_step, add_trigger, publish
from contacts.models import Tag

from .demo_emails import BLOG, mail

BLOG_FEED = "https://blog.example.com/feed.xml"
#: The first two are there before anybody looks.
POSTS = (
    "Welcome to our blog",
    "How we plan a release",
    "Five ways to tidy a list of contacts",
    "What a good welcome e-mail says",
    "Segments, explained with marbles",
    "Why we count clicks twice, and then once",
)
ITEMS = (
    "{% for item in event.items %}<p><a href='{{ item.link }}'>{{ item.title }}</a><br>{{ item.summary }}</p>"
    "{% endfor %}"
)


def add_automations() -> None:
    _automation(
        "Happy birthday",
        "A greeting every year, in the morning where the contact lives.",
        ("date_reached", {"field": "birthday", "every": "year", "clock": "09:00", "zone": "contact"}),
        [("send_email", mail("Happy birthday!", "All the best from all of us."))],
        runs="multiple",
    )
    _automation(
        "Renewal reminder",
        "Two weeks before the plan of a contact is renewed.",
        ("date_reached", {"field": "renewal", "when": "before", "amount": 2, "unit": "weeks", "clock": "10:00"}),
        [
            ("send_email", mail("Your plan is renewed in two weeks", "Is it still the right one?", BLOG)),
            ("wait", {"mode": "period", "amount": 10, "unit": "days"}),
            ("add_note", {"text": "Was reminded of the renewal on {{ event.date }}."}),
        ],
    )
    news = mail("New on our blog", "this is new:")
    vip = {"type": "tag", "op": "has", "tag": Tag.objects.get(name="VIP").pk}
    _automation(
        "News from the blog",
        "VIPs hear of new posts once a week.",
        ("rss_updated", {"url": BLOG_FEED, "every": "week"}),
        [("send_email", {**news, "html": news["html"] + ITEMS})],
        runs="multiple",
        segment={"match": "all", "conditions": [vip]},
    )


def sweep_of_a_day(moment: datetime, day: int) -> None:
    """`day` counts down to 0, today. Once a week the blog has a new post."""
    sweep(now=moment)
    feed = Feed.objects.get(url=BLOG_FEED)
    if feed.read_at is None or moment - feed.read_at >= timedelta(days=6, hours=23):
        first = len(POSTS) - 1 - day // 7
        posts = POSTS[: first + 1] if feed.read_at is None else POSTS[first : first + 1]
        keep_items(feed=feed, items=[_item(post, moment) for post in reversed(posts)], now=moment)
        feed.title, feed.read_at, feed.checked_at = "The blog", moment, moment
        feed.save()
        sweep(now=moment)


def _item(title: str, moment: datetime) -> Item:
    slug = "-".join("".join(letter for letter in title.casefold() if letter.isalpha() or letter == " ").split())
    return Item(slug, title, f"https://blog.example.com/{slug}", "Three minutes to read.", moment)


def _automation(
    name: str, description: str, trigger: tuple[str, Any], steps: list[tuple[str, Any]], **rules: Any
) -> None:
    automation = Automation.objects.create(name=name, description=description)
    add_trigger(automation=automation, type=trigger[0], settings=trigger[1], **rules)
    above: Step | None = None
    for kind, settings in steps:
        parent, arm = (above.key, above.arms()[0].name) if above else ("", "")
        above = add_step(automation=automation, type=kind, parent=parent, arm=arm, settings=settings)
    publish(automation=automation)
    activate(automation=automation)
