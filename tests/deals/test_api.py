"""Deals over the API: what comes in and out, who may, and what is refused by name."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from contacts.models import Account, Contact, CustomField, Score
from deals.models import Deal, DealNote, Pipeline, Stage, Task, TaskOutcome, TaskType
from deals.services import add_task, create_deal, move_deal
from tests.contacts.api.conftest import client_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
V, E, M = "viewer editor manager", "editor manager", "manager"
ROLES = ("nobody", "viewer", "editor", "manager")

TABLE = [
    ("get", "pipelines/", None, V),
    ("get", "pipelines/{pipeline}/", None, V),
    ("post", "pipelines/", {"name": "Renewals"}, E),
    ("patch", "pipelines/{pipeline}/", {"name": "Renewals"}, E),
    ("delete", "pipelines/{empty}/", None, M),
    ("get", "stages/", None, V),
    ("get", "stages/{stage}/", None, V),
    ("post", "stages/", {"pipeline": "{pipeline}", "name": "Signed"}, E),
    ("patch", "stages/{stage}/", {"probability": 5}, E),
    ("delete", "stages/{last}/", None, M),
    ("get", "deals/", None, V),
    ("get", "deals/{deal}/", None, V),
    ("post", "deals/", {"title": "Ship", "stage": "{stage}"}, E),
    ("patch", "deals/{deal}/", {"title": "Ship"}, E),
    ("delete", "deals/{deal}/", None, E),
    ("post", "deals/bulk/", {"ids": ["{deal}"], "status": "won"}, E),
    ("post", "deals/{deal}/move/", {"stage": "{last}"}, E),
    ("post", "deals/points/", {"ids": ["{deal}"], "score": "{score}", "points": 5}, E),
    ("get", "deals/{deal}/contacts/", None, V),
    ("post", "deals/{deal}/contacts/", {"emails": ["bob@example.com"]}, E),
    ("patch", "deals/{deal}/contacts/", {"contact": "{ann}", "role": "Buys"}, E),
    ("delete", "deals/{deal}/contacts/", {"emails": ["ann@example.com"]}, E),
    ("get", "deals/{deal}/notes/", None, V),
    ("post", "deals/{deal}/notes/", {"text": "x"}, E),
    ("get", "deals/{deal}/timeline/", None, V),
    ("get", "tasks/", None, V),
    ("get", "tasks/{task}/", None, V),
    ("post", "tasks/", {"title": "Ring", "type": "{type}", "due_at": "2026-12-01T10:00:00Z", "deal": "{deal}"}, E),
    ("patch", "tasks/{task}/", {"title": "Write"}, E),
    ("delete", "tasks/{task}/", None, E),
    ("post", "tasks/{task}/complete/", {}, E),
    ("post", "tasks/{task}/reopen/", {}, E),
    ("get", "task-types/", None, V),
    ("get", "task-types/{type}/", None, V),
    ("post", "task-types/", {"name": "Visit"}, E),
    ("patch", "task-types/{type}/", {"name": "Visit"}, E),
    ("delete", "task-types/{unused}/", None, M),
    ("get", "task-outcomes/", None, V),
    ("get", "task-outcomes/{outcome}/", None, V),
    ("post", "task-outcomes/", {"name": "Met"}, E),
    ("patch", "task-outcomes/{outcome}/", {"name": "Met"}, E),
    ("delete", "task-outcomes/{outcome}/", None, M),
]  # fmt: skip


@pytest.fixture
def ann() -> Contact:
    return Contact.objects.create(email="ann@example.com")


@pytest.fixture
def bob() -> Contact:
    return Contact.objects.create(email="bob@example.com")


@pytest.fixture
def deal(pipeline: Pipeline, ann: Contact) -> Deal:
    return create_deal(title="Boat", pipeline=pipeline, value="1200", contacts=[ann])


@pytest.fixture
def api(admin_user: Any) -> APIClient:
    return client_of(admin_user)


@pytest.fixture
def ids(deal: Deal, ann: Contact, bob: Contact) -> dict[str, int]:
    call, visit = TaskType.objects.order_by("pk")[:2]
    return {
        "pipeline": deal.pipeline_id,
        "empty": Pipeline.objects.create(name="Empty").pk,
        "stage": deal.stage_id,
        "last": Stage.objects.get(name="Offer").pk,
        "deal": deal.pk,
        "ann": ann.pk,
        "task": add_task(title="Ring", type=call, due_at=timezone.now(), deal=deal).pk,
        "type": call.pk,
        "unused": visit.pk,
        "score": Score.objects.create(name="Heat", subject="deal").pk,
        "outcome": TaskOutcome.objects.create(name="Reached").pk,
    }


@pytest.mark.sqlite
@pytest.mark.parametrize("who", ["anonymous", *ROLES])
@pytest.mark.parametrize(("method", "path", "body", "may"), TABLE, ids=[f"{m} {p}" for m, p, _b, _w in TABLE])
def test_who_may(ids: dict[str, int], who: str, method: str, path: str, body: Any, may: str) -> None:
    user = None
    if who != "anonymous":
        user = UserFactory(username=who)
        user.groups.set(Group.objects.filter(name=who))
    filled = {key: _fill(value, ids) for key, value in body.items()} if body is not None else None
    answer = getattr(client_of(user), method)("/api/v1/" + path.format(**ids), filled)
    if who in may.split():
        assert answer.status_code in (200, 201, 204), answer.content
    else:
        assert answer.status_code == (401 if who == "anonymous" else 403), answer.content


def _fill(value: Any, ids: dict[str, int]) -> Any:
    if isinstance(value, list):
        return [_fill(item, ids) for item in value]
    return value.format(**ids) if isinstance(value, str) else value


def test_the_table_has_every_endpoint() -> None:
    from drf_spectacular.generators import SchemaGenerator

    from deals.api.routes import routes

    def generic(path: str) -> str:
        return "/".join("{id}" if part.startswith("{") else part for part in path.split("/"))

    known = {(method, "/api/v1/" + generic(path)) for method, path, _b, _w in TABLE}
    # Who may do what with mail is asked in tests/automations/mail, and of every address in tests/security.
    mail = {"attachments", "file-downloads", "mailboxes", "sentiment-changes"}
    mine = {name for name, _view in routes} - mail
    schema = SchemaGenerator().get_schema(request=None, public=True)
    missing = [
        (method, path)
        for path, methods in schema["paths"].items()
        if path.startswith("/api/v1/") and path.split("/")[3] in mine
        for method in methods
        if (method, generic(path)) not in known
    ]
    assert missing == []


def test_a_deal_goes_in_and_comes_out(api: APIClient, pipeline: Pipeline, ann: Contact, bob: Contact) -> None:
    CustomField.objects.create(entity="deal", key="budget", label="Budget", type="number")
    account = Account.objects.create(name="Harbour")
    sent = {
        "title": "Boat", "pipeline": pipeline.pk, "value": "12.5", "currency": "usd", "account": account.pk,
        "expected_close": "2027-01-31", "contacts": [ann.pk, bob.pk], "primary": bob.pk,
        "fields": {"budget": "100"},
    }  # fmt: skip
    answer = api.post("/api/v1/deals/", sent)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["value"] == "12.500" and body["currency"] == "USD" and body["fields"] == {"budget": "100"}
    assert [row["contact"] for row in body["contacts"]] == [bob.pk, ann.pk]
    answer = api.patch(f"/api/v1/deals/{body['id']}/", {"fields": {"budget": None}, "owner": None, "value": "13"})
    assert answer.json()["fields"] == {} and answer.json()["value"] == "13.000"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "title"),
        ({"title": "Boat"}, "stage"),
        ({"title": "Boat", "stage": 999_999}, "stage"),
        ({"title": "Boat", "pipeline": 999_999}, "pipeline"),
        ({"title": "Boat", "stage": "{stage}", "value": -1}, "value"),
        ({"title": "Boat", "stage": "{stage}", "currency": "XYZ"}, "currency"),
        ({"title": "Boat", "stage": "{stage}", "owner": 999_999}, "owner"),
        ({"title": "Boat", "stage": "{stage}", "account": 999_999}, "account"),
        ({"title": "Boat", "stage": "{stage}", "contacts": [999_999]}, "contacts"),
        ({"title": "Boat", "stage": "{stage}", "primary": "{ann}"}, "primary"),
        ({"title": "Boat", "stage": "{stage}", "fields": {"budget": 1}}, "fields.budget"),
        ({"title": "Boat", "stage": "{stage}", "status": "paused"}, "status"),
        ({"title": "Boat", "stage": "{stage}", "colour": "red"}, "colour"),
    ],
)
def test_bad_deals(api: APIClient, ids: dict[str, int], body: dict[str, Any], named: str) -> None:
    answer = api.post("/api/v1/deals/", {key: _fill(value, ids) for key, value in body.items()})
    assert answer.status_code == 400 and named in answer.json()["error"]["fields"], answer.content
    assert Deal.objects.count() == 1


def test_bulk_names_what_is_unknown_and_counts_what_changed(
    api: APIClient, pipeline: Pipeline, deal: Deal
) -> None:
    other = create_deal(title="Raft", pipeline=pipeline, status="won")
    answer = api.post("/api/v1/deals/bulk/", {"ids": [deal.pk, 999_999], "status": "won"})
    assert answer.status_code == 400 and "999999" in answer.json()["error"]["message"]
    answer = api.post("/api/v1/deals/bulk/", {"ids": [deal.pk, other.pk], "status": "won"})
    assert answer.json() == {"changed": 1, "unchanged": 1}


def test_a_move_that_comes_too_late(api: APIClient, deal: Deal, stages: list[Stage]) -> None:
    move_deal(deal=deal, stage=stages[2])
    url = f"/api/v1/deals/{deal.pk}/move/"
    answer = api.post(url, {"stage": stages[1].pk, "seen": stages[0].pk})
    assert answer.status_code == 409 and answer.json()["error"]["code"] == "moved"
    assert api.post(url, {}).status_code == api.post(url, {"stage": 1, "pipeline": 1}).status_code == 400
    other = Pipeline.objects.create(name="Renewals")
    assert api.post(url, {"pipeline": other.pk}).status_code == 400
    first = Stage.objects.create(pipeline=other, name="Start")
    assert api.post(url, {"pipeline": other.pk}).json()["stage"] == first.pk
    assert api.post(url, {"pipeline": other.pk}).json()["stage"] == first.pk


def test_contacts_notes_and_timeline(api: APIClient, deal: Deal, ann: Contact, bob: Contact) -> None:
    url = f"/api/v1/deals/{deal.pk}"
    assert api.post(f"{url}/contacts/", {"ids": [ann.pk, bob.pk]}).json() == {"changed": 1, "unchanged": 1}
    answer = api.patch(f"{url}/contacts/", {"contact": bob.pk, "role": "Buys", "is_primary": True})
    assert answer.json() == {"contact": bob.pk, "email": bob.email, "role": "Buys", "is_primary": True}
    assert api.patch(f"{url}/contacts/", {"contact": 999_999}).status_code == 400
    assert [row["contact"] for row in api.get(f"{url}/contacts/").json()["results"]] == [bob.pk, ann.pk]
    assert api.post(f"{url}/notes/", {"text": "Hm"}).json()["author"] is not None
    assert DealNote.objects.count() == 1
    titles = [entry["title"] for entry in api.get(f"{url}/timeline/").json()["results"]]
    assert "A note was written." in titles and "The deal was made in “Sales”." in titles
    assert [row["id"] for row in api.get(f"/api/v1/deals/?contact={ann.pk}&status=open").json()["results"]] == [
        deal.pk
    ]
    assert api.get("/api/v1/deals/?contact=999999").status_code == 400


def test_tasks(api: APIClient, ids: dict[str, int]) -> None:
    task = f"/api/v1/tasks/{ids['task']}/"
    values = {"title": "Ring", "type": ids["type"], "due_at": "2026-12-01T10:00:00Z"}
    answer = api.post("/api/v1/tasks/", values)
    assert answer.status_code == 400 and "one contact or one deal" in answer.json()["error"]["message"]
    wrong = TaskOutcome.objects.create(name="Met", type_id=ids["unused"])
    answer = api.post(f"{task}complete/", {"outcome": wrong.pk})
    assert answer.status_code == 400 and "outcome" in answer.json()["error"]["fields"]
    assert api.post(f"{task}complete/", {"outcome": ids["outcome"]}).json()["outcome"] == ids["outcome"]
    assert [row["id"] for row in api.get("/api/v1/tasks/?done=true").json()["results"]] == [ids["task"]]
    assert api.post(f"{task}reopen/").json()["done_at"] is None
    assert api.patch(task, {"done_at": "2026-12-01T10:00:00Z"}).status_code == 400
    assert Task.objects.get().outcome is None


def test_what_is_in_use_stays(api: APIClient, ids: dict[str, int]) -> None:
    for path in (f"pipelines/{ids['pipeline']}/", f"stages/{ids['stage']}/", f"task-types/{ids['type']}/"):
        answer = api.delete(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "in_use")


@pytest.mark.parametrize("path", ["deals", "tasks", "pipelines"])
def test_lists_cost_the_same_for_few_and_many(
    api: APIClient, pipeline: Pipeline, ids: dict[str, int], path: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.get(f"/api/v1/{path}/").status_code == 200
        return len(queries)

    few = cost()
    for number in range(10):
        other = Pipeline.objects.create(name=f"P{number}")
        stage = Stage.objects.create(pipeline=other, name="Start")
        deal = create_deal(title="Ship", stage=stage, contacts=[ids["ann"]])
        add_task(title="Ring", type_id=ids["type"], due_at=timezone.now(), deal=deal)
    assert cost() == few
