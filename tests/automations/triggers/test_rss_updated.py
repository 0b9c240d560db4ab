"""rss_updated: a real server has a feed, the clock goes on, the schedules' tasks run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from automations.delivery.rendering import personalise
from automations.feeds import runs
from automations.models import Automation, Feed, FeedItem, FeedRun
from automations.services import activate, add_trigger, deactivate, publish, update_trigger
from automations.tasks import read_feeds, retain, sweep
from tests.automations.conftest import build_automation, passes, reasons
from tests.automations.feeds.samples import page, rss
from tests.factories import ContactFactory
from tests.peers.http import Answer, HttpTarget

pytestmark = pytest.mark.django_db
START = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _local(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    settings.FEED_TIMEOUT = 3.0


@contextmanager
def after(**past: float) -> Iterator[None]:
    with time_machine.travel(START + timedelta(**past)):
        yield


def look(**past: float) -> None:
    """The two schedules, as they run every minute."""
    with after(**past):
        sweep()
        read_feeds()


class Blog:
    """A feed on the peer, the newest item first."""

    def __init__(self, target: HttpTarget, path: str = "/feed") -> None:
        self.target, self.path, self.items = target, path, ["old 1", "old 2"]
        self.show()

    @property
    def url(self) -> str:
        return f"{self.target.url}{self.path}"

    def show(self) -> None:
        self.target.pages[self.path] = page(rss(*self.items))

    def write(self, *titles: str) -> None:
        self.items = [*reversed(titles), *self.items]
        self.show()

    def answers(self, answer: Answer) -> None:
        self.target.pages[self.path] = answer


@pytest.fixture
def blog(http_target: HttpTarget) -> Blog:
    return Blog(http_target)


def watching(
    blog: Blog, *, runs: str = "multiple", segment: Any = None, steps: Any = None, **settings: Any
) -> Automation:
    more = {"steps": steps} if steps else {}
    settings = {"url": blog.url, "every": "1h", **settings}
    with after(hours=-1):
        return build_automation(
            triggers=[("rss_updated", settings)], runs=runs, entry_policy="any", segment=segment, **more
        )


def test_new_items_start_everyone_and_the_first_check_is_the_baseline(blog):
    automation = watching(blog)
    people = sorted(ContactFactory().email for _number in range(3))
    look()
    look(minutes=61)
    assert passes(automation) == []
    blog.write("New")
    look(minutes=122)
    assert passes(automation) == people
    look(minutes=183)
    look(minutes=244)
    assert passes(automation) == people, "an item counts once"
    blog.write("Newer")
    look(minutes=305)
    assert len(passes(automation)) == 6


@pytest.mark.parametrize(
    ("every", "early", "due"),
    [("15m", 13, 16), ("1h", 58, 61), ("6h", 358, 361), ("day", 1438, 1441), ("week", 10078, 10081)],
)
def test_intervals(blog, every, early, due):
    automation = watching(blog, every=every)
    ContactFactory()
    look()
    blog.write("New")
    look(minutes=early)
    assert (len(blog.target.requests), len(passes(automation))) == (1, 0)
    look(minutes=due)
    assert (len(blog.target.requests), len(passes(automation))) == (2, 1)


def test_fewer_than_the_minimum_are_kept_until_there_are_enough(blog):
    automation = watching(blog, minimum=3)
    ContactFactory(email="ada@example.com")
    look()
    for hours, title, entered in (
        (1.1, "a", 0),
        (2.2, "b", 0),
        (3.3, "c", 1),
        (4.4, "d", 1),
        (5.5, "e", 1),
        (6.6, "f", 2),
    ):
        blog.write(title)
        look(hours=hours)
        assert len(passes(automation)) == entered, title
    run = FeedRun.objects.first()
    assert run is not None
    assert [item["title"] for item in run.items] == ["f", "e", "d"]
    assert (run.count, run.contacts) == (3, 1)


def test_the_segment_says_who(blog):
    ada = {"match": "all", "conditions": [{"type": "field", "field": "first_name", "op": "is", "value": "Ada"}]}
    automation = watching(blog, segment=ada)
    ContactFactory(email="ada@example.com", first_name="Ada")
    ContactFactory(first_name="Bob")
    look()
    blog.write("New")
    look(minutes=61)
    assert passes(automation) == ["ada@example.com"]


def test_the_run_rule_holds(blog):
    automation = watching(blog, runs="once")
    ContactFactory(email="ada@example.com")
    look()
    for hours in (1.1, 2.2):
        blog.write(f"New {hours}")
        look(hours=hours)
    assert passes(automation) == ["ada@example.com"]
    assert reasons(automation) == ["once_only"]


def test_what_came_while_it_was_inactive_starts_nobody(blog):
    automation = watching(blog)
    ContactFactory()
    look()
    with after(minutes=30):
        deactivate(automation=automation)
    blog.write("Missed")
    look(minutes=61)
    assert len(blog.target.requests) == 1
    with after(hours=5):
        activate(automation=automation)
    look(hours=6)
    assert passes(automation) == []
    blog.write("Heard")
    look(hours=7.1)
    assert [run.items[0]["title"] for run in FeedRun.objects.all()] == ["Heard"]
    assert len(passes(automation)) == 1


def test_another_address_begins_with_a_baseline(blog):
    automation = watching(blog)
    ContactFactory()
    look()
    other = Blog(blog.target, "/other")
    with after(minutes=30):
        trigger = automation.triggers.get()
        update_trigger(trigger=trigger, settings={"url": other.url, "every": "15m"})
        publish(automation=automation)
    look(minutes=32)
    blog.write("Not any more")
    look(minutes=48)
    assert passes(automation) == []
    other.write("New")
    look(minutes=64)
    assert len(passes(automation)) == 1


def test_two_triggers_share_a_feed_and_each_counts_for_itself(blog):
    often, seldom = watching(blog, every="15m"), watching(blog, every="1h", minimum=2)
    ContactFactory()
    look()
    assert len(blog.target.requests) == 1
    blog.write("a")
    look(minutes=16)
    blog.write("b")
    look(minutes=32)
    assert (len(passes(often)), len(passes(seldom))) == (2, 0)
    look(minutes=61)
    assert (len(passes(often)), len(passes(seldom))) == (2, 1)
    assert (Feed.objects.count(), FeedItem.objects.count()) == (1, 4)


def test_unchanged_feeds_answer_304(blog):
    automation = watching(blog)
    ContactFactory()
    blog.answers(page(rss("old"), headers=[("ETag", '"1"')]))
    look()
    blog.answers(Answer(304, b""))
    look(minutes=61)
    assert blog.target.requests[-1].headers["if-none-match"] == '"1"'
    assert Feed.objects.get().read_at == pytest.approx(START + timedelta(minutes=61), abs=timedelta(seconds=10))
    blog.answers(page(rss("new", "old")))
    look(minutes=122)
    assert len(passes(automation)) == 1


def test_a_broken_feed_shows_its_error_and_is_tried_again_with_growing_pauses(blog):
    automation = watching(blog, every="15m")
    ContactFactory()
    look()
    blog.answers(Answer(500))
    tries = []
    for minutes in range(1, 400, 5):
        before = len(blog.target.requests)
        look(minutes=minutes, seconds=minutes / 10)
        tries += [minutes] * (len(blog.target.requests) - before)
    assert [late - early for early, late in pairwise(tries)] == [15, 30, 60, 120]
    feed = Feed.objects.get()
    assert feed.failures == len(tries) == 5
    assert "status 500" in feed.error
    assert feed.next_check_at is not None and feed.next_check_at > START + timedelta(minutes=400)
    blog.write("New")
    look(minutes=600)
    feed.refresh_from_db()
    assert (feed.failures, feed.error, len(passes(automation))) == (0, "", 1)


def test_the_first_check_that_succeeds_is_the_baseline(blog):
    automation = watching(blog, every="15m")
    ContactFactory()
    blog.answers(Answer(404))
    look()
    blog.show()
    look(minutes=20)
    assert passes(automation) == []
    blog.write("New")
    look(minutes=40)
    assert len(passes(automation)) == 1


def test_one_slow_feed_holds_up_no_other(http_target, settings):
    settings.FEED_TIMEOUT = 2.0
    blogs = [Blog(http_target, f"/{number}") for number in range(6)]
    blogs[0].answers(Answer(200, b"x", endless=True, seconds=0.2))
    for blog in blogs[1:]:
        blog.target.pages[blog.path] = Answer(200, rss("old"), seconds=0.5)
    for blog in blogs:
        watching(blog)
    started = datetime.now(UTC)
    look()
    assert datetime.now(UTC) - started < timedelta(seconds=4)
    assert Feed.objects.filter(failures=1).count() == 1
    assert Feed.objects.exclude(read_at=None).count() == 5


def test_message_texts_name_the_items(blog, drain):
    text = "{{ event.feed.title }}: {% for item in event.items %}{{ item.title }} <{{ item.link }}>{% endfor %}"
    automation = watching(blog, steps=[("add_note", {"text": text})])
    ada = ContactFactory()
    look()
    blog.write("One & only")
    look(minutes=61)
    drain(START + timedelta(minutes=62))
    assert ada.notes.get().text == "The blog: One & only <https://blog.example.com/One%20%26%20only>"
    kept = automation.enrollments.get().event["data"]
    assert "items" not in kept and kept["count"] == 1, "not once more for each contact"


def test_an_item_cannot_bring_markup_into_an_email(blog):
    automation = watching(blog)
    ada = ContactFactory()
    look()
    blog.write("<img src=x onerror=alert(1)>&lt;script&gt;alert(2)&lt;/script&gt; & more")
    look(minutes=61)
    event = automation.enrollments.get().event
    html = personalise("{% for item in event.items %}{{ item.title }}{% endfor %}", ada, event, html=True)
    assert "<img" not in html and "<script" not in html and "more" in html


def test_in_chunks_that_resume_after_a_crash(blog, monkeypatch):
    monkeypatch.setattr(runs, "CHUNK", 2)
    automation = watching(blog)
    people = sorted(ContactFactory(email=f"c{number}@example.com").email for number in range(5))
    look()
    blog.write("New")
    raised, tell = [], runs.raise_event

    def crash_at_the_second(event: Any) -> None:
        raised.append(event)
        tell(event)
        if len(raised) == 2:
            raise RuntimeError("the power went")

    monkeypatch.setattr(runs, "raise_event", crash_at_the_second)
    with pytest.raises(RuntimeError):
        look(minutes=61)
    assert passes(automation) == people[:2]
    newcomer = ContactFactory()
    look(minutes=62)
    assert passes(automation) == people
    assert FeedRun.objects.get().finished_at is not None
    assert newcomer.email not in passes(automation)


def test_the_cost_does_not_grow_with_contacts(blog):
    watching(blog)
    look()
    counts = []
    for number, minutes in ((30, 61), (60, 122)):
        for _contact in range(number):
            ContactFactory()
        blog.write(f"New {minutes}")
        with CaptureQueriesContext(connection) as queries:
            look(minutes=minutes)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_nobody_needs_any_more_is_deleted(blog):
    automation = watching(blog)
    look()
    with after(hours=1):
        deactivate(automation=automation)
    with after(days=100):
        retain()
    assert not Feed.objects.exists()
    assert not FeedItem.objects.exists()


def test_an_item_that_is_still_in_the_feed_is_kept(blog):
    automation = watching(blog, every="week")
    ContactFactory()
    for week in range(20):
        look(weeks=week, minutes=week)
    with after(weeks=20):
        retain()
    look(weeks=20, hours=1)
    assert passes(automation) == []


def test_the_form_shows_the_latest_items(blog, signed_in):
    automation = build_automation(active=False)

    trigger = add_trigger(automation=automation, type="rss_updated", settings={"url": blog.url})
    url = reverse("builder:probe", args=[automation.pk, "triggers", trigger.key])
    answer = signed_in.post(url, {"url": blog.url, "every": "1h", "minimum": "1"}).content.decode()
    assert "The blog: 2 items. old 1 · old 2" in answer and "is-good" in answer
    blog.answers(Answer(404))
    answer = signed_in.post(url, {"url": blog.url, "every": "1h", "minimum": "1"}).content.decode()
    assert "status 404" in answer and "is-bad" in answer
