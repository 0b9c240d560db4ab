"""page_visited, through the endpoint of a live server, services and models; a near miss for each option."""

import json
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from automations.engine.index import touch_index
from automations.models import Automation
from automations.services import activate, add_trigger, deactivate
from contacts.models import PageVisit, TrackedDomain, TrackingSettings
from contacts.services import clean_page, get_visitor, identify_visitor, record_visit, record_visits
from contacts.services.site import Visit
from tests.automations.conftest import build_automation, passes
from tests.automations.samples import new_automation
from tests.factories import ContactFactory

HOME = "https://www.site.com"
KEY = "ab" * 16

# settings, the page that is visited, enters
TABLE: list[tuple[dict[str, Any], str, bool]] = [
    ({"url_is": "any"}, f"{HOME}/x", True),
    ({"url_is": "exact", "url": "site.com/pricing"}, f"{HOME}/Pricing/?a=1#b", True),
    ({"url_is": "exact", "url": "site.com/pricing"}, f"{HOME}/pricing/plans", False),
    ({"url_is": "exact", "url": "site.com/pri*"}, f"{HOME}/pricing", False),
    ({"url_is": "pattern", "url": "site.com/*"}, f"{HOME}/a/b", True),
    ({"url_is": "pattern", "url": "site.com/*"}, "https://shop.site.com/a", False),
    ({"url_is": "pattern", "url": "*.site.com/a*"}, "https://shop.site.com/ab", True),
    ({"url_is": "pattern", "url": "site.com/*/test.php"}, f"{HOME}/a/b/test.php?x=1", True),
    ({"url_is": "pattern", "url": "site.com/*/test.php"}, f"{HOME}/a/b/test.html", False),
    ({"url_is": "exact", "url": "http://site.com/a", "strict": ["scheme"]}, f"{HOME}/a", False),
    ({"url_is": "exact", "url": "https://site.com/a", "strict": ["scheme"]}, f"{HOME}/a", True),
    ({"url_is": "exact", "url": "site.com/a", "strict": ["www"]}, f"{HOME}/a", False),
    ({"url_is": "exact", "url": "site.com/a", "strict": ["slash"]}, f"{HOME}/a/", False),
    ({"url_is": "exact", "url": "site.com/a?b=1", "strict": ["query"]}, f"{HOME}/a?b=2", False),
    ({"url_is": "exact", "url": "site.com/a#b", "strict": ["fragment"]}, f"{HOME}/a#c", False),
    ({"url_is": "exact", "url": "site.com/a", "strict": ["case"]}, f"{HOME}/A", False),
]


def send(server_url: str, page: str, key: str, path: str = "visit", **given: Any) -> int:
    """What the script sends; the status of the answer."""
    account = TrackingSettings.current().account_number
    body = json.dumps({"account": account, "visitor": key, "url": page, **given}).encode()
    origin = "/".join(page.split("/")[:3])
    headers = {"Origin": origin, "Content-Type": "text/plain"}
    request = urllib.request.Request(f"{server_url}/track/{path}/", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture
def process_environment() -> dict[str, str]:
    """The server sees at once what the test has activated."""
    return {"TRIGGER_INDEX_TTL": "0"}


@pytest.mark.django_db(transaction=True)
def test_over_http(server) -> None:
    """One server for the whole table: each row has its own visitor, contact and automation."""
    TrackedDomain.objects.create(domain="site.com")
    wanted, found = {}, {}
    for number, (options, page, enters) in enumerate(TABLE):
        contact, key = ContactFactory(email=f"c{number}@example.com"), f"{number:032x}"
        automation = build_automation(triggers=[("page_visited", options)])
        assert send(server.url, page, key) == 204, "of nobody: starts nobody"
        assert send(server.url, page, "f" * 32) == 204
        assert passes(automation) == []
        PageVisit.objects.all().delete()
        assert send(server.url, page, key, "identify", email=contact.email) == 204
        assert send(server.url, page, key) == 204
        wanted[number], found[number] = [contact.email] if enters else [], passes(automation)
        automation.is_active = False
        automation.save()
        touch_index()
    assert found == wanted


@pytest.mark.django_db
@pytest.mark.parametrize(("options", "page", "enters"), TABLE)
@pytest.mark.parametrize("bulk", [True, False])
def test_services_and_models(options, page, enters, bulk) -> None:
    ann, bob = ContactFactory(email="a@example.com"), ContactFactory(email="b@example.com")
    automation = build_automation(triggers=[("page_visited", options)])
    if bulk:
        record_visits(visits=[Visit(contact.pk, clean_page(url=page)) for contact in (ann, bob)])
    else:
        PageVisit.objects.create(contact=ann, url=page)
        visitor = get_visitor(key=KEY)
        identify_visitor(visitor=visitor, contact=bob)
        record_visit(visitor=visitor, page=clean_page(url=page))
    assert passes(automation) == (["a@example.com", "b@example.com"] if enters else [])


@pytest.mark.django_db
def test_visits_before_identification_count_once_the_contact_is_known() -> None:
    ann, visitor = ContactFactory(email="a@example.com"), get_visitor(key=KEY)
    automation = build_automation(triggers=[("page_visited", {"url_is": "pattern", "url": "site.com/a*"})])
    record_visit(visitor=visitor, page=clean_page(url=f"{HOME}/b"))
    record_visit(visitor=visitor, page=clean_page(url=f"{HOME}/a"))
    assert passes(automation) == []
    identify_visitor(visitor=visitor, contact=ann)
    assert passes(automation) == ["a@example.com"]
    assert automation.enrollments.get().event["data"]["url"] == f"{HOME}/a"


@pytest.mark.django_db
def test_what_happened_before_the_activation_starts_nobody() -> None:
    ann, visitor = ContactFactory(), get_visitor(key=KEY)
    record_visit(visitor=visitor, page=clean_page(url=f"{HOME}/a"))
    automation = build_automation(triggers=[("page_visited", {"url_is": "any"})])
    identify_visitor(visitor=visitor, contact=ann)
    told = timezone.now() - timedelta(days=1)
    record_visits(visits=[Visit(ann.pk, clean_page(url=f"{HOME}/a"), told)])
    assert passes(automation) == []
    deactivate(automation=automation)
    other = get_visitor(key="cd" * 16)
    record_visit(visitor=other, page=clean_page(url=f"{HOME}/a"))
    activate(automation=automation)
    identify_visitor(visitor=other, contact=ann)
    assert passes(automation) == []


@pytest.mark.django_db
def test_the_visit_and_the_entry_stand_or_fall_together(monkeypatch) -> None:
    visitor = get_visitor(key=KEY)
    identify_visitor(visitor=visitor, contact=ContactFactory())
    build_automation(triggers=[("page_visited", {"url_is": "any"})])

    def broken(**kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("automations.engine.match.enroll", broken)
    with pytest.raises(RuntimeError):
        record_visit(visitor=visitor, page=clean_page(url=f"{HOME}/a"))
    assert not PageVisit.objects.exists()


PROBES = [
    ({"url_is": "pattern", "url": "site.com/*"}, "https://site.com/a", "This page matches.", True),
    ({"url_is": "pattern", "url": "site.com/*"}, "https://other.com/a", "This page does not match.", False),
    ({"url_is": "any"}, "https://other.com/a", "not on the list of sites", False),
    ({"url_is": "any"}, "nonsense", "Give the whole address", False),
    ({"url_is": "any"}, "", "", None),
    ({"url_is": "pattern", "url": "no star"}, "<script>", "Give the whole address", False),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "example", "says", "good"), PROBES)
def test_an_address_can_be_tried(signed_in, typed, example, says, good) -> None:
    TrackedDomain.objects.create(domain="site.com")
    TrackingSettings.current()
    automation: Automation = new_automation()
    part = add_trigger(automation=automation, type="page_visited")
    url = reverse("builder:probe", args=[automation.pk, "triggers", part.key])
    page = signed_in.post(url, {**typed, "rules-runs": "once", "probe": example})
    text = page.content.decode()
    assert page.status_code == 200 and says in text and "<script>" not in text
    assert ("is-good" in text, "is-bad" in text) == (good is True, good is False)
    assert automation.triggers.get().url == "", "trying changes nothing"


@pytest.mark.django_db
def test_only_who_sees_automations_may_try(client, viewer) -> None:
    automation = new_automation()
    part = add_trigger(automation=automation, type="page_visited")
    url = reverse("builder:probe", args=[automation.pk, "triggers", part.key])
    assert client.post(url, {"probe": "x"}).status_code in (302, 403)
    client.force_login(viewer)
    assert client.post(url, {"probe": "x"}).status_code == 200
