"""List, page and bar through the test client."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from automations.models import Automation, Enrollment, Step
from automations.services import activate, add_step, add_trigger, publish, save_automation
from contacts.services import tag_contacts
from tests.factories import ContactFactory, TagFactory

# What pages draw is the same on both databases: one is enough.
pytestmark = pytest.mark.sqlite

LIST = "/automations/"


def queries(count: Any, client: Client, address: str) -> int:
    with count() as found:
        assert client.get(address).status_code == 200
    return len(found)


# --- Who may ------------------------------------------------------------------------------------

READS = ["page", "settings", "metrics", "people", "log"]
WRITES = ["rename", "undo", "redo", "discard", "publish", "activate", "deactivate"]


@pytest.mark.parametrize("name", READS)
def test_reading_needs_a_log_in_and_the_view_permission(
    client: Client, url: Callable[..., str], with_permissions: Callable[..., Any], name: str
) -> None:
    assert client.get(url(name)).url.startswith("/admin/login/")
    client.force_login(with_permissions())
    assert client.get(url(name)).status_code == 403
    client.force_login(with_permissions("view_automation"))
    assert client.get(url(name)).status_code == 200


@pytest.mark.parametrize("name", WRITES)
def test_writing_needs_the_change_permission(
    client: Client, ready: Automation, url: Callable[..., str], with_permissions: Callable[..., Any], name: str
) -> None:
    client.force_login(with_permissions("view_automation"))
    assert client.post(url(name)).status_code == 403
    client.force_login(with_permissions("view_automation", "change_automation"))
    assert client.post(url(name)).status_code in (200, 422)
    assert client.get(url(name)).status_code == 405


def test_parts_can_be_read_but_not_changed_with_the_view_permission(
    client: Client, ready: Automation, url: Callable[..., str], with_permissions: Callable[..., Any]
) -> None:
    key, trigger = ready.steps.first().key, ready.triggers.get().key
    client.force_login(with_permissions("view_automation"))
    assert client.get(url("build", "steps", key)).status_code == 200
    assert client.get(url("build", "triggers", trigger)).status_code == 200
    for address in (
        url("build", "steps", key),
        url("add", "steps"),
        url("delete", "steps", key),
        url("toggle", key),
        url("duplicate", key),
        url("move", key),
        url("settings"),
    ):
        assert client.post(address).status_code == 403, address
    assert 'class="plus"' not in client.get(url("page")).content.decode()


def test_a_fragment_asked_for_after_the_session_ended_sends_the_page_to_the_log_in(
    client: Client, url: Callable[..., str]
) -> None:
    answer = client.post(url("undo"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/admin/login/")


def test_creating_needs_the_add_permission(client: Client, with_permissions: Callable[..., Any]) -> None:
    client.force_login(with_permissions("view_automation", "change_automation"))
    assert client.post(LIST, {"name": "Mine"}).status_code == 403
    assert "New automation" not in client.get(LIST).content.decode()


@pytest.mark.parametrize("address", ["/automations/999/", "/automations/999/log/"])
def test_an_automation_that_is_not_there(page: Client, address: str) -> None:
    assert page.get(address).status_code == 404


# --- The list -------------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(page: Client) -> None:
    assert "No automation yet" in page.get(LIST).content.decode()


def test_creating_opens_the_builder(page: Client) -> None:
    answer = page.post(LIST, {"name": "  Welcome  "})
    created = Automation.objects.get()
    assert (created.name, answer.url) == ("Welcome", reverse("builder:page", args=[created.pk]))
    assert created.created_by is not None


@pytest.mark.parametrize("name", ["", "   ", "x" * 151])
def test_a_bad_name_creates_nothing_and_is_kept(page: Client, name: str) -> None:
    answer = page.post(LIST, {"name": name})
    assert (answer.status_code, Automation.objects.count()) == (422, 0)
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("", {"Draft", "On", "Changed", "Off", "Stopped"}),
        ("draft", {"Draft"}),
        ("active", {"On", "Changed"}),
        ("changed", {"Changed"}),
        ("inactive", {"Off"}),
        ("stopped", {"Stopped"}),
        ("nonsense", {"Draft", "On", "Changed", "Off", "Stopped"}),
    ],
)
def test_the_list_filters_by_state(page: Client, state: str, names: set[str]) -> None:
    for name in ("Draft", "On", "Changed", "Off", "Stopped"):
        automation = save_automation(values={"name": name})
        if name != "Draft":
            add_step(automation=automation, type="add_note", settings={"text": "x"})
            publish(automation=automation)
        if name in ("On", "Changed"):
            activate(automation=automation)
        if name == "Changed":
            add_step(automation=automation, type="add_note", settings={"text": "y"})
        if name == "Stopped":
            Automation.objects.filter(pk=automation.pk).update(
                breaker_at=timezone.now(), breaker_reason="too fast"
            )
    rows = page.get(LIST, {"state": state}).context["rows"]
    assert {row[0].name for row in rows} == names


def test_search_finds_by_name_and_says_when_nothing_is_found(page: Client) -> None:
    save_automation(values={"name": "Win back"})
    save_automation(values={"name": "Welcome"})
    assert [row[0].name for row in page.get(LIST, {"q": "WIN"}).context["rows"]] == ["Win back"]
    assert "Nothing found" in page.get(LIST, {"q": "zzz"}).content.decode()


def test_the_list_is_paged_at_a_constant_number_of_queries(
    page: Client, django_assert_max_num_queries: Any
) -> None:
    save_automation(values={"name": "One"})
    with django_assert_max_num_queries(60) as first:
        page.get(LIST)
    Automation.objects.bulk_create(Automation(name=f"Automation {n}") for n in range(1_000))
    with django_assert_max_num_queries(60) as many:
        answer = page.get(LIST)
    assert len(many) == len(first)
    assert (len(answer.context["rows"]), answer.context["page"].paginator.num_pages) == (25, 41)
    assert page.get(LIST, {"page": "no number"}).status_code == 200


def test_the_list_shows_who_is_inside_and_who_entered(page: Client, ready: Automation) -> None:
    publish(automation=ready)
    activate(automation=ready)
    tag_contacts(contacts=[ContactFactory().pk, ContactFactory().pk], tag=ready.triggers.get().tags[0])
    Enrollment.objects.filter(pk=Enrollment.objects.first().pk).update(status="completed")
    assert page.get(LIST).context["rows"][0][3:] == (1, 2)


# --- The page ---------------------------------------------------------------------------------------


def test_an_empty_draft_invites_to_begin(page: Client, url: Callable[..., str]) -> None:
    html = page.get(url("page")).content.decode()
    assert ("Add a trigger" in html, "Add the first step" in html) == (True, True)
    assert "<script>" not in html.split('id="builder"')[1]


def test_the_page_costs_the_same_with_more_cards(
    page: Client, automation: Automation, url: Callable[..., str], django_assert_max_num_queries: Any
) -> None:
    """Polymorphic rows cost a query a type; names, fields and checks of settings nothing more."""

    def grow(times: int) -> None:
        for _time in range(times):
            tag = TagFactory().pk
            has = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag}]}
            is_ada = {"type": "field", "field": "first_name", "op": "is", "value": "Ada"}
            add_trigger(automation=automation, type="tag_added", settings={"tags": [tag]}, segment=has)
            wait = add_step(automation=automation, type="wait", settings={"mode": "conditions", "conditions": has})
            add_step(automation=automation, type="add_tag", settings={"tag": tag})
            fork = add_step(automation=automation, type="split", settings={"weights": "50, 50"})
            add_step(automation=automation, type="go_to", parent=fork.key, arm="b", settings={"target": wait.key})
            both = {"match": "all", "conditions": [is_ada, *has["conditions"]]}
            add_step(automation=automation, type="goal", parent=fork.key, arm="a", settings=goal(both))

    grow(1)
    page.get(url("page"))
    with django_assert_max_num_queries(80) as few:
        page.get(url("page"))
    grow(5)
    with django_assert_max_num_queries(80) as many:
        page.get(url("page"))
    assert len(many) == len(few)


def goal(conditions: Any) -> dict[str, Any]:
    return {"name": "Goal", "conditions": conditions, "jump_from": "above", "unmet": "continue"}


def test_renaming(page: Client, automation: Automation, url: Callable[..., str]) -> None:
    assert 'value="New name"' in page.post(url("rename"), {"name": " New name "}).content.decode()
    assert page.post(url("rename"), {"name": " "}).status_code == 422
    automation.refresh_from_db()
    assert automation.name == "New name"


def test_undo_and_redo(page: Client, ready: Automation, url: Callable[..., str]) -> None:
    assert ready.steps.count() == 2
    page.post(url("undo"))
    assert ready.steps.count() == 1
    answer = page.post(url("redo"))
    assert (ready.steps.count(), "builder:reload" in answer["HX-Trigger"]) == (2, True)
    assert page.post(url("redo")).status_code == 200


def test_publishing_lists_every_problem_with_its_card(
    page: Client, automation: Automation, url: Callable[..., str], step: Callable[..., Step]
) -> None:
    broken, also = step("send_email"), step("add_tag")
    html = page.post(url("publish")).content.decode()
    assert (f'data-goto="{broken.key}"' in html, f'data-goto="{also.key}"' in html) == (True, True)
    automation.refresh_from_db()
    assert automation.version is None


def test_publishing_asks_what_becomes_of_contacts_at_a_step_that_is_gone(
    page: Client, ready: Automation, url: Callable[..., str]
) -> None:
    publish(automation=ready)
    activate(automation=ready)
    tag_contacts(contacts=[ContactFactory().pk], tag=ready.triggers.get().tags[0])
    wait = ready.steps.get(parent="")
    page.post(url("delete", "steps", wait.key))
    html = page.post(url("publish")).content.decode()
    assert (f'name="removed-{wait.key}"' in html, "Wait 1 day" in html) == (True, True)
    assert "Published" in page.post(url("publish"), {f"removed-{wait.key}": "end"})["HX-Trigger"]
    assert Enrollment.objects.get().exit_reason == "step_removed"


def test_switching_on_and_off(page: Client, ready: Automation, url: Callable[..., str]) -> None:
    assert page.post(url("activate")).status_code == 422
    page.post(url("publish"))
    page.post(url("activate"))
    ready.refresh_from_db()
    assert ready.is_active
    page.post(url("deactivate"))
    ready.refresh_from_db()
    assert not ready.is_active


def test_late_work_is_shown_before_it_is_released(
    page: Client, ready: Automation, url: Callable[..., str]
) -> None:
    publish(automation=ready)
    activate(automation=ready)
    tag_contacts(contacts=[ContactFactory().pk], tag=ready.triggers.get().tags[0])
    page.post(url("deactivate"))
    html = page.post(url("activate")).content.decode()
    ready.refresh_from_db()
    assert ("1 contact has work" in html, ready.is_active) == (True, False)
    page.post(url("activate"), {"confirmed": "1"})
    ready.refresh_from_db()
    assert ready.is_active


def test_the_breaker_s_reason_is_on_the_page(page: Client, ready: Automation, url: Callable[..., str]) -> None:
    publish(automation=ready)
    Automation.objects.filter(pk=ready.pk).update(breaker_at=timezone.now(), breaker_reason="Too many entries")
    assert "Too many entries" in page.get(url("page")).content.decode()


def test_settings_are_saved_and_bad_ones_refused(
    page: Client, automation: Automation, url: Callable[..., str]
) -> None:
    good = {"description": "About", "entry_policy": "once", "clock": "freeze", "exit_on_unsubscribe": "on"}
    assert '"saved": true' in page.post(url("settings"), good)["HX-Trigger"]
    automation.refresh_from_db()
    assert (automation.entry_policy, automation.clock, automation.exit_on_unsubscribe) == ("once", "freeze", True)
    assert '"entry_policy"' in page.post(url("settings"), {**good, "entry_policy": "never"})["HX-Trigger"]
    automation.refresh_from_db()
    assert automation.entry_policy == "once"
