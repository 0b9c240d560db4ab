"""From an empty draft to contacts inside, over the API alone; and what is refused on the way."""

import pytest

from automations.models import Automation, Delivery, Enrollment, StepCount
from automations.services import add_step, add_to_automation
from tests.automations.samples import TREE, new_automation, published
from tests.factories import ContactFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/automations/"


def fields_of(answer):
    assert answer.status_code == 400, answer.content
    return answer.json()["error"]["fields"]


def test_build_publish_activate_and_enter(api, drain):
    news, tag, contact = ListFactory(), TagFactory(), ContactFactory()
    made = api.post(URL, {"name": "Welcome", "lists": [news.pk], "entry_policy": "once"}).json()
    assert (made["state"], made["version"], made["lists"]) == ("draft", None, [news.pk])
    of = {"automation": made["id"]}
    api.post("/api/v1/triggers/", {**of, "type": "tag_added", "tags": [tag.pk], "runs": "multiple"})
    branch = api.post("/api/v1/steps/", {**of, "type": "if_else", "conditions": TREE}).json()
    assert [arm["name"] for arm in branch["arms"]] == ["yes", "no"]
    note = {**of, "type": "add_note", "text": "Hello", "parent": branch["key"], "arm": "yes"}
    assert api.post("/api/v1/steps/", note).status_code == 201
    url = f"{URL}{made['id']}/"
    assert api.get(f"{url}problems/").json() == {"problems": [], "stranded": {}}
    assert api.post(f"{url}publish/").json()["state"] == "inactive, v1"
    assert api.post(f"{url}activate/").json()["late"] == 0
    api.post(f"/api/v1/tags/{tag.pk}/contacts/", {"ids": [contact.pk]})
    drain()
    assert contact.notes.get().text == "Hello"
    shown = api.get(url).json()
    assert (shown["state"], shown["entered"], shown["inside"], shown["left"]) == ("active v1", 1, 0, 1)
    figures = api.get(f"{url}figures/").json()
    assert figures["steps"][branch["key"]] == {"inside": 0, "entered": 1, "left": 1, "arm:yes": 1}
    enrollment = api.get("/api/v1/enrollments/", {"contact": contact.pk}).json()["results"][0]
    detail = api.get(f"/api/v1/enrollments/{enrollment['id']}/").json()
    assert [row["outcome"] for row in detail["log"]] == ["conditions_met", "done", "completed"]
    again = api.post(f"{url}contacts/", {"emails": [contact.email]}).json()
    assert (again["entered"], again["results"][0]["reason"]) == (0, "entered_before")
    why = api.get(f"{url}why/", {"contact": contact.pk}).json()
    assert why["verdict"]["code"] == "entered_before"


def test_publish_lists_every_problem_by_card(api, automation):
    of = {"automation": automation.pk}
    trigger = api.post("/api/v1/triggers/", {**of, "type": "tag_added"}).json()
    step = api.post("/api/v1/steps/", {**of, "type": "send_email"}).json()
    assert trigger["problems"]
    assert trigger["sentence"] == "A tag is added (not chosen yet)"
    fields = fields_of(api.post(f"{URL}{automation.pk}/publish/"))
    assert set(fields) == {trigger["key"], step["key"]}
    assert {error["code"] for errors in fields.values() for error in errors} == {"publish"}
    assert len(fields[step["key"]]) == 2
    assert not Automation.objects.get(pk=automation.pk).versions.exists()


def test_publish_asks_about_contacts_at_a_removed_step(api):
    automation = published()
    add_to_automation(automation=automation, contacts=ContactFactory())
    step = automation.steps.get()
    api.delete(f"/api/v1/steps/{step.pk}/")
    new = add_step(automation=automation, type="add_note", settings={"text": "x"})
    url = f"{URL}{automation.pk}/"
    assert api.get(f"{url}problems/").json()["stranded"] == {step.key: 1}
    assert set(fields_of(api.post(f"{url}publish/"))) == {step.key}
    assert set(fields_of(api.post(f"{url}publish/", {"removed": {step.key: "nowhere"}}))) == {step.key}
    assert api.post(f"{url}publish/", {"removed": {step.key: new.key}}).json()["version"] == 2
    assert Enrollment.objects.get().step_key == new.key


def test_undo_and_redo(api, automation):
    url = f"{URL}{automation.pk}/"
    assert api.post(f"{url}undo/").status_code == 409
    step = api.post("/api/v1/steps/", {"automation": automation.pk, "type": "wait"}).json()
    api.post(f"{url}undo/")
    assert api.get("/api/v1/steps/", {"automation": automation.pk}).json()["results"] == []
    api.post(f"{url}redo/")
    rows = api.get("/api/v1/steps/", {"automation": automation.pk}).json()["results"]
    assert [row["key"] for row in rows] == [step["key"]]
    assert api.post(f"{url}redo/").json()["error"]["code"] == "nothing_to_do"


BAD_AUTOMATIONS = [
    ({}, "name"),
    ({"name": ""}, "name"),
    ({"name": "x" * 151}, "name"),
    ({"name": "x", "entry_policy": "never"}, "entry_policy"),
    ({"name": "x", "clock": "backwards"}, "clock"),
    ({"name": "x", "lists": [999_999]}, "lists"),
    ({"name": "x", "lists": "all"}, "lists"),
    ({"name": "x", "exit_on_unsubscribe": "perhaps"}, "exit_on_unsubscribe"),
    ({"name": "x", "is_active": True}, "is_active"),
    ({"name": "x", "version": 1}, "version"),
]


@pytest.mark.parametrize(("body", "field"), BAD_AUTOMATIONS)
def test_bad_automations(api, body, field):
    assert field in fields_of(api.post(URL, body))
    assert not Automation.objects.exists()


BAD_PARTS = [
    ("triggers", {}, "type"),
    ("triggers", {"type": "no_such"}, "type"),
    ("triggers", {"type": ["tag_added"]}, "type"),
    ("triggers", {"type": "tag_added", "automation": 999_999}, "automation"),
    ("triggers", {"type": "tag_added", "automation": None}, "automation"),
    ("triggers", {"type": "tag_added", "runs": "twice"}, "runs"),
    ("triggers", {"type": "tag_added", "segment": {"conditions": "x"}}, "segment"),
    ("triggers", {"type": "tag_added", "segment": []}, "segment"),
    ("triggers", {"type": "tag_added", "list": 1}, "list"),
    ("triggers", {"type": "tag_added", "settings": {"tags": [1]}}, "settings"),
    ("triggers", {"type": "tag_added", "key": "abc"}, "key"),
    ("steps", {"type": "wait", "parent": "nowhere", "arm": "next"}, "parent"),
    ("steps", {"type": "wait", "arm": "next"}, "arm"),
    ("steps", {"type": "wait", "parent": "{key}", "arm": "yes"}, "arm"),
    ("steps", {"type": "go_to", "parent": "", "arm": ""}, "type"),
    ("steps", {"type": "wait", "enabled": "perhaps"}, "enabled"),
    ("steps", {"type": "tag_added"}, "type"),
    ("steps", {"type": "wait", "sentence": "x"}, "sentence"),
]


@pytest.mark.parametrize(("path", "body", "field"), BAD_PARTS)
def test_bad_parts(api, automation, path, body, field):
    step = add_step(automation=automation, type="wait")
    body = {"automation": automation.pk, **body}
    if body.get("parent") == "{key}":
        body["parent"] = step.key
    assert field in fields_of(api.post(f"/api/v1/{path}/", body))
    assert automation.triggers.count() == 0
    assert automation.steps.count() == 1


@pytest.mark.parametrize("body", [[], "x", 5, None, [{"type": "wait"}]])
def test_bodies_that_are_no_objects(api, body):
    assert api.post("/api/v1/steps/", body).status_code == 400
    assert api.post(URL, body).status_code == 400


def test_type_automation_and_place_stay(api, automation):
    step = api.post("/api/v1/steps/", {"automation": automation.pk, "type": "wait"}).json()
    other = new_automation()
    for change in ({"type": "add_note"}, {"automation": other.pk}, {"parent": "x", "arm": "next"}):
        fields = fields_of(api.patch(f"/api/v1/steps/{step['id']}/", change))
        assert set(fields) == set(change)
        assert fields[next(iter(change))][0]["code"] == "fixed"
    same = {"type": "wait", "automation": automation.pk, "parent": "", "arm": "", "enabled": False}
    assert api.patch(f"/api/v1/steps/{step['id']}/", same).json()["enabled"] is False


def test_a_branch_asks_which_path_stays(api, automation):
    branch = add_step(automation=automation, type="if_else")
    for arm in ("yes", "no"):
        add_step(automation=automation, type="wait", parent=branch.key, arm=arm)
    url = f"/api/v1/steps/{branch.pk}/"
    assert "keep_arm" in fields_of(api.delete(url))
    assert automation.steps.count() == 3
    assert api.delete(f"{url}?keep_arm=no").status_code == 204
    assert automation.steps.count() == 1


def test_exclusive_triggers_are_refused_both_ways(api, automation, monkeypatch):
    from automations.triggers.base import TRIGGERS

    monkeypatch.setattr(TRIGGERS["tag_added"], "exclusive", True)
    of = {"automation": automation.pk}
    assert api.post("/api/v1/triggers/", {**of, "type": "tag_added"}).status_code == 201
    fields = fields_of(api.post("/api/v1/triggers/", {**of, "type": "list_subscribed"}))
    assert fields["type"][0]["code"] == "exclusive"


def test_deleting(api):
    automation, other = published(), new_automation(name="Other")
    url = f"{URL}{automation.pk}/"
    api.post(f"{url}activate/")
    assert api.delete(url).json()["error"]["code"] == "active"
    api.post(f"{url}deactivate/")
    user = add_step(automation=other, type="start_automation", settings={"target": automation.pk})
    answer = api.delete(url)
    assert answer.status_code == 409
    assert "“Other”" in answer.json()["error"]["message"]
    api.delete(f"/api/v1/steps/{user.pk}/")
    own = {"target": automation.pk}
    place = {"parent": automation.steps.get().key, "arm": "next"}
    add_step(automation=automation, type="end_automation", settings=own, **place)
    assert api.delete(url).status_code == 204


def test_a_locked_type_keeps_an_automation_from_being_activated(api):
    automation = published()
    api.post("/api/v1/triggers/", {"automation": automation.pk, "type": "contact_field_changed", "field": "email"})
    api.post(f"{URL}{automation.pk}/publish/")
    assert api.patch("/api/v1/account/", {"plan": "starter", "addons": []}).json()["plan"] == "starter"
    fields = fields_of(api.post(f"{URL}{automation.pk}/activate/"))
    assert fields["__all__"][0]["code"] == "locked"
    assert "Plus" in fields["__all__"][0]["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"plan": "free"}, "plan"),
        ({"addons": ["gold"]}, "addons"),
        ({"addons": "pipelines"}, "addons"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"id": 2}, "id"),
    ],
)
def test_bad_account(api, body, field):
    assert any(name.startswith(field) for name in fields_of(api.patch("/api/v1/account/", body)))


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("automations/?active=perhaps", "active"),
        ("automations/?published=1", "published"),
        ("automations/?state=x", "state"),
        ("triggers/?automation=999999", "automation"),
        ("triggers/?automation=x", "automation"),
        ("steps/?type=wait", "type"),
        ("enrollments/?status=asleep", "status"),
        ("enrollments/?contact=99999999999999999999", "contact"),
        ("deliveries/?status=lost", "status"),
        ("deliveries/?channel=pigeon", "channel"),
        ("trigger-types/?plan=plus", "plan"),
        ("segments/preview/?x=1", "x"),
    ],
)
def test_bad_filters(api, path, field):
    answer = api.get(f"/api/v1/{path}")
    assert answer.status_code == 405 if "preview" in path else field in fields_of(answer)


@pytest.mark.parametrize(
    "path", ["automations/{}/", "triggers/{}/", "steps/{}/", "enrollments/{}/", "deliveries/{}/"]
)
@pytest.mark.parametrize("pk", ["999999", "9" * 18, "x", "0"])
def test_unknown_records(api, path, pk):
    assert api.get(f"/api/v1/{path.format(pk)}").status_code == 404


@pytest.mark.parametrize("contact", ["", "x", "999999", "9" * 30])
def test_why_of_nobody(api, automation, contact):
    assert "contact" in fields_of(api.get(f"{URL}{automation.pk}/why/", {"contact": contact}))


def test_adding_unknown_contacts_adds_nobody(api):
    automation, contact = published(), ContactFactory()
    body = {"ids": [contact.pk, 999_999], "emails": ["nobody@example.com"]}
    assert set(fields_of(api.post(f"{URL}{automation.pk}/contacts/", body))) == {"ids", "emails"}
    assert not Enrollment.objects.exists()


def test_unpublished_automations_say_so_for_each_contact(api, automation):
    contact = ContactFactory()
    answer = api.post(f"{URL}{automation.pk}/contacts/", {"ids": [contact.pk]}).json()
    assert answer["results"] == [
        {
            "contact": contact.pk,
            "entered": False,
            "reason": "not_published",
            "message": "the automation was never published",
        }
    ]


def test_enrollment_actions(api, drain):
    automation = published()
    api.post(f"{URL}{automation.pk}/activate/")
    contact = ContactFactory()
    api.post(f"{URL}{automation.pk}/contacts/", {"ids": [contact.pk]})
    row = Enrollment.objects.get()
    url = f"/api/v1/enrollments/{row.pk}/"
    assert api.post(f"{url}skip-wait/").status_code == 409
    drain()
    assert api.post(f"{url}retry/").status_code == 409
    assert api.post(f"{url}skip-wait/").json()["log"][-1]["outcome"] == "skipped_by_hand"
    drain()
    assert api.get(url).json()["status"] == "completed"
    assert api.post(f"{url}end/").status_code == 409
    api.post(f"{URL}{automation.pk}/contacts/", {"ids": [contact.pk]})
    second = api.get("/api/v1/enrollments/", {"status": "active"}).json()["results"][0]
    ended = api.post(f"/api/v1/enrollments/{second['id']}/end/").json()
    assert (ended["status"], ended["exit_reason"], ended["number"]) == ("exited", "by_hand", 2)
    assert api.get(f"{URL}{automation.pk}/").json()["left"] == 2


DELIVERY_ACTIONS = [
    # status, action, status after it (None: refused), figures
    ("failed", "resend", "pending", {"failed": -1}),
    ("uncertain", "resend", "pending", {}),
    ("sent", "resend", None, {}),
    ("pending", "resend", None, {}),
    ("sending", "resend", None, {}),
    ("failed", "mark-sent", "sent", {"failed": -1, "sent": 1}),
    ("uncertain", "mark-sent", "sent", {"sent": 1}),
    ("pending", "mark-sent", None, {}),
    ("pending", "cancel", "skipped", {"skipped": 1, "skip:cancelled": 1}),
    ("uncertain", "cancel", "skipped", {"skipped": 1, "skip:cancelled": 1}),
    ("failed", "cancel", "skipped", {"failed": -1, "skipped": 1, "skip:cancelled": 1}),
    ("claimed", "cancel", None, {}),
    ("sent", "cancel", None, {}),
]


@pytest.mark.parametrize(("status", "action", "after", "figures"), DELIVERY_ACTIONS)
def test_delivery_actions(api, automation, status, action, after, figures):
    row = Delivery.objects.create(
        channel="email", automation=automation, step_key="abc", status=status, attempts=3, error="broken"
    )
    answer = api.post(f"/api/v1/deliveries/{row.pk}/{action}/")
    row.refresh_from_db()
    assert dict(StepCount.objects.values_list("metric", "amount")) == figures
    if after is None:
        assert answer.status_code == 409
        assert (row.status, row.error) == (status, "broken")
        return
    assert answer.json()["status"] == row.status == after
    assert (row.sent_at is not None) == (after == "sent")
    assert row.attempts == (0 if after == "pending" else 3)
    assert row.skip_reason == ("cancelled" if after == "skipped" else "")


def test_segments(api):
    tag = TagFactory(name="VIP")
    inside, _outside = ContactFactory(), ContactFactory()
    api.post(f"/api/v1/tags/{tag.pk}/contacts/", {"ids": [inside.pk]})
    tree = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag.pk}]}
    preview = api.post("/api/v1/segments/preview/", {"conditions": tree}).json()
    assert preview == {"count": 1, "sentence": "The contact has the tag “VIP”."}
    made = api.post("/api/v1/segments/", {"name": "VIPs", "conditions": tree}).json()
    assert made["sentence"] == preview["sentence"]
    rows = api.get(f"/api/v1/segments/{made['id']}/contacts/").json()["results"]
    assert [row["id"] for row in rows] == [inside.pk]
    api.patch(f"/api/v1/segments/{made['id']}/", {"conditions": {}})
    assert api.get(f"/api/v1/segments/{made['id']}/count/").json() == {"count": 2, "sentence": "Every contact."}


@pytest.mark.parametrize(
    "tree",
    [
        [],
        "x",
        {"conditions": [{"type": "no_such"}]},
        {"conditions": [{"type": "tag", "op": "has", "tag": 10**30}]},
        {"match": "some", "conditions": [{"type": "created", "op": "within", "days": 1}]},
        {
            "conditions": [
                {"conditions": [{"conditions": [{"conditions": [{"conditions": [{"conditions": []}]}]}]}]}
            ]
        },
    ],
)
def test_bad_trees(api, tree):
    assert "conditions" in fields_of(api.post("/api/v1/segments/preview/", {"conditions": tree}))
    assert "conditions" in fields_of(api.post("/api/v1/segments/", {"name": "x", "conditions": tree}))


def test_a_retry_with_the_same_key_adds_once(api, automation):
    body = {"automation": automation.pk, "type": "wait"}
    first = api.post("/api/v1/steps/", body, headers={"Idempotency-Key": "once"}).json()
    again = api.post("/api/v1/steps/", body, headers={"Idempotency-Key": "once"})
    assert again.json() == first
    assert again["Idempotent-Replayed"] == "true"
    assert automation.steps.count() == 1
