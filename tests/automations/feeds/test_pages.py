"""Feeds in the admin and over the API: their state, their errors, and “check now”."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from automations.models import Feed, FeedWatch
from tests.automations.conftest import build_automation

from .samples import a_feed

pytestmark = pytest.mark.django_db
LIST = "admin:automations_feed_changelist"


@pytest.fixture
def feed() -> Feed:
    return a_feed(build_automation())


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "good"),
        ({"read_at": None}, "new"),
        ({"failures": 2, "error": "The server answered with the status 500."}, "failing"),
        ({"next_check_at": None}, "unwatched"),
    ],
)
def test_states_on_the_page_and_over_the_api(feed, signed_in, api, values, state):
    Feed.objects.filter(pk=feed.pk).update(**values)
    feed.refresh_from_db()
    page = unescape(signed_in.get(reverse(LIST)).content.decode())
    assert str(feed.state_text) in page and values.get("error", "") in page
    shown = api.get(f"/api/v1/feeds/{feed.pk}/").json()
    assert (shown["state"], shown["error"]) == (state, values.get("error", ""))


def test_a_page_shows_items_runs_and_who_watches_and_escapes_them(feed, signed_in):
    html = signed_in.get(reverse("admin:automations_feed_change", args=[feed.pk])).content.decode()
    assert "New &lt;b&gt;" in html and "New <b>" not in html
    assert "1 new, 0 contacts" in html


def test_nothing_yet_is_a_page_too(signed_in):
    assert signed_in.get(reverse(LIST)).status_code == 200


@pytest.mark.parametrize(("failing", "found"), [("yes", 0), ("no", 1)])
def test_filters(feed, signed_in, api, failing, found):
    assert ("The blog" in signed_in.get(reverse(LIST), {"failing": failing}).content.decode()) == bool(found)
    assert len(api.get("/api/v1/feeds/", {"failing": failing == "yes"}).json()["results"]) == found
    assert len(api.get("/api/v1/feed-items/", {"feed": feed.pk}).json()["results"]) == 1
    assert api.get("/api/v1/feed-items/", {"feed": feed.pk + 1}).json()["results"] == []


def _check(signed_in: Any, feed: Feed) -> str:
    posted = {"action": "check_now", "_selected_action": [feed.pk]}
    return str(signed_in.post(reverse(LIST), posted, follow=True).content.decode())


def test_check_now_ends_a_pause(feed, signed_in, api):
    later = timezone.now() + timedelta(days=1)
    for ask in (lambda: _check(signed_in, feed), lambda: api.post(f"/api/v1/feeds/{feed.pk}/check/")):
        Feed.objects.update(next_check_at=later, failures=7)
        FeedWatch.objects.update(due_at=later)
        ask()
        feed.refresh_from_db()
        assert feed.next_check_at is not None and feed.next_check_at <= timezone.now()
        assert FeedWatch.objects.get().due_at <= timezone.now()


def test_nobody_checks_what_nobody_watches(feed, signed_in, api):
    FeedWatch.objects.all().delete()
    assert "No active automation watches" in _check(signed_in, feed)
    answer = api.post(f"/api/v1/feeds/{feed.pk}/check/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "unwatched")
