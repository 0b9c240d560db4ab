"""The panel's figures, lists and log."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from automations.models import Automation, Enrollment
from automations.models.log import StepLog
from automations.services import activate, publish
from contacts.services import tag_contacts
from tests.factories import ContactFactory

Url = Callable[..., str]


@pytest.fixture
def running(ready: Automation, drain: Callable[..., int]) -> Automation:
    """Three contacts wait in it."""
    publish(automation=ready)
    activate(automation=ready)
    contacts = [ContactFactory(email=f"{name}@example.com", first_name=name) for name in ("ada", "bob", "cy")]
    tag_contacts(contacts=contacts, tag=ready.triggers.get().tags[0])
    drain()
    ready.refresh_from_db()
    return ready


def wait_of(automation: Automation) -> str:
    key: str = automation.steps.get(parent="").key
    return key


def test_a_card_shows_its_figures_and_each_leads_to_its_contacts(
    page: Client, url: Url, running: Automation
) -> None:
    key = wait_of(running)
    html = page.get(url("page")).content.decode()
    assert f"?key={key}&amp;metric=waiting" in html
    html = page.get(url("people"), {"key": key, "metric": "waiting"}).content.decode()
    assert all(name in html for name in ("ada", "bob", "cy"))


@pytest.mark.parametrize("metric", ["entered", "waiting", "left", "failed", "sent", "skipped"])
def test_every_metric_has_a_list_even_an_empty_one(
    page: Client, url: Url, automation: Automation, metric: str
) -> None:
    assert "Nobody." in page.get(url("people"), {"metric": metric}).content.decode()


@pytest.mark.parametrize("data", [{"metric": "clicked"}, {"metric": "entered", "key": "nowhere"}])
def test_a_figure_that_does_not_exist(page: Client, url: Url, data: dict[str, str]) -> None:
    assert page.get(url("people"), data).status_code == 404


def test_the_list_is_paged(page: Client, url: Url, running: Automation) -> None:
    tag_contacts(contacts=[ContactFactory().pk for _n in range(30)], tag=running.triggers.get().tags[0])
    first = page.get(url("people"), {"metric": "entered"})
    assert (len(first.context["rows"]), first.context["following"]) == (25, 2)
    second = page.get(url("people"), {"metric": "entered", "page": "2"})
    assert (len(second.context["rows"]), second.context["following"]) == (8, 0)
    assert page.get(url("people"), {"metric": "entered", "page": "-1"}).status_code == 200


def test_metrics_of_the_whole_and_of_a_card(page: Client, url: Url, running: Automation) -> None:
    whole = page.get(url("metrics")).context["rows"]
    card = page.get(url("metrics"), {"key": wait_of(running)}).context["rows"]
    assert [row[2] for row in whole] == [3, 3, 0, 0]
    assert [row[2] for row in card] == [3, 3, 0, 0]
    assert page.get(url("metrics"), {"key": running.triggers.get().key}).status_code == 200


def test_the_log_shows_the_last_events_and_finds_a_contact(page: Client, url: Url, running: Automation) -> None:
    html = page.get(url("log")).content.decode()
    assert html.count("Wait 1 day") == 3
    until = StepLog.objects.filter(outcome="waiting").latest("pk")
    assert (until.detail in html, until.told in html) == (False, True)  # for programs, for people
    html = page.get(url("log"), {"q": "ADA@"}).content.decode()
    assert ("Is inside now" in html, "If it happened now" in html, 'data-reason="already_inside"' in html) == (
        True,
        True,
        True,
    )
    assert "3" not in page.get(url("log"), {"q": "nobody"}).context["found"]
    assert "No contact matches" in page.get(url("log"), {"q": "nobody"}).content.decode()
    assert len(page.get(url("log"), {"q": "example.com"}).context["found"]) == 3


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("2026-11-26T09:00+00:00", "11/26/2026 10 a.m."),
        ("2026-11-26", "2026-11-26"),
        ("2026-11-26T09:00", "2026-11-26T09:00"),
        ("unsubscribed before", "unsubscribed before"),
        ("", ""),
    ],
)
def test_a_moment_in_the_log_is_in_the_readers_time_zone(detail: str, told: str) -> None:
    with timezone.override("Europe/Paris"):
        assert StepLog(detail=detail).told == told


def test_the_log_tells_why_a_contact_never_entered(page: Client, url: Url, running: Automation) -> None:
    outsider = ContactFactory()
    html = page.get(url("log"), {"contact": outsider.pk}).content.decode()
    assert 'data-reason="no_event"' in html
    assert page.get(url("log"), {"contact": 999_999}).status_code == 404


def test_a_wait_can_be_skipped_and_a_pass_ended(page: Client, url: Url, running: Automation) -> None:
    ada, bob = (Enrollment.objects.get(contact__first_name=name) for name in ("ada", "bob"))
    assert "The wait is over" in page.post(url("act", ada.pk, "skip"))["HX-Trigger"]
    ada.refresh_from_db()
    assert (ada.arrived, ada.step_key) == (False, running.steps.exclude(parent="").get().key)
    assert "Nothing changed" in page.post(url("act", ada.pk, "skip"))["HX-Trigger"]
    page.post(url("act", bob.pk, "end"))
    bob.refresh_from_db()
    assert (bob.status, bob.exit_reason) == ("exited", "by_hand")


@pytest.mark.parametrize(("action", "stands_at"), [("retry", 0), ("pass", 1)])
def test_a_parked_step_is_tried_again_or_passed(
    page: Client, url: Url, running: Automation, action: str, stands_at: int
) -> None:
    row = Enrollment.objects.get(contact__first_name="ada")
    Enrollment.objects.filter(pk=row.pk).update(status="parked", error="The server said no", due_at=None)
    html = page.get(url("log"), {"contact": row.contact_id}).content.decode()
    assert ("The server said no" in html, "Try again" in html) == (True, True)
    page.post(url("act", row.pk, action))
    row.refresh_from_db()
    keys = [wait_of(running), running.steps.exclude(parent="").get().key]
    assert (row.status, row.step_key) == ("active", keys[stands_at])


def test_acting_needs_the_change_permission_and_the_right_automation(
    client: Client, page: Client, url: Url, running: Automation, with_permissions: Callable[..., Any]
) -> None:
    row = Enrollment.objects.first()
    assert page.post(url("act", row.pk, "explode")).status_code == 404
    assert page.post(f"/automations/{running.pk + 1}/enrollments/{row.pk}/end/").status_code == 404
    client.force_login(with_permissions("view_automation"))
    assert client.post(url("act", row.pk, "end")).status_code == 403
    assert "Skip the wait" not in client.get(url("log"), {"contact": row.contact_id}).content.decode()
