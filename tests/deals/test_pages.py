"""The board, the deal's page and the tasks: what they show, and what their buttons do."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Account, Contact
from deals.models import Deal, DealNote, Pipeline, Stage, Task, TaskOutcome, TaskType
from deals.services import add_task, create_deal, move_deal, set_status

# What pages draw is the same on both databases; the stricter one runs their queries.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def call() -> TaskType:
    return TaskType.objects.get(name="Call")


@pytest.fixture
def ann() -> Contact:
    return Contact.objects.create(email="ann@example.com", first_name="Ann")


@pytest.fixture
def deal(pipeline: Pipeline, ann: Contact) -> Deal:
    return create_deal(title="Boat", pipeline=pipeline, value="1200", contacts=[ann])


@pytest.fixture
def page(client: Client, editor: Any) -> Client:
    client.force_login(editor)
    return client


def board_url(pipeline: Pipeline, query: str = "") -> str:
    return f"/deals/board/{pipeline.pk}/{query}"


def test_without_a_pipeline_one_is_offered(client: Client, admin_user: Any) -> None:
    client.force_login(admin_user)
    assert "No pipeline yet" in client.get("/deals/board/").content.decode()
    answer = client.post("/deals/board/first/", follow=True)
    assert answer.status_code == 200 and Stage.objects.count() == 4
    client.post("/deals/board/first/")
    assert Pipeline.objects.count() == 1


def test_a_pipeline_without_stages_says_so(page: Client) -> None:
    empty = Pipeline.objects.create(name="Empty")
    assert "No stage yet" in page.get(board_url(empty)).content.decode()


def test_the_board_shows_cards_and_totals(page: Client, pipeline: Pipeline, deal: Deal) -> None:
    create_deal(title="Ship", pipeline=pipeline, value="800.5")
    create_deal(title="Raft", pipeline=pipeline, value="5", currency="USD")
    text = page.get(board_url(pipeline)).content.decode()
    for expected in ("Boat", "Ann", "€2,000.50", "US$5.00" if "US$5.00" in text else "$5.00", "Drop a deal here"):
        assert expected in text
    assert page.get("/deals/board/")["Location"] == board_url(pipeline)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Boat", "Ship"}),
        ("?q=bo", {"Boat"}),
        ("?q=ann@example", {"Boat"}),
        ("?q=nothing", set()),
        ("?owner=none", {"Boat"}),
        ("?owner={editor}", {"Ship"}),
        ("?owner=x", {"Boat", "Ship"}),
        ("?status=won", {"Raft"}),
        ("?status=all", {"Boat", "Ship", "Raft"}),
        ("?status=paused", {"Boat", "Ship"}),
        ("?close=overdue", {"Ship"}),
        ("?close=none", {"Boat"}),
        ("?close=week", set()),
    ],
)
def test_filters(page: Client, pipeline: Pipeline, deal: Deal, editor: Any, query: str, shown: set[str]) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    create_deal(title="Ship", pipeline=pipeline, owner=editor, expected_close=yesterday)
    set_status(deals=create_deal(title="Raft", pipeline=pipeline), status="won")
    text = page.get(board_url(pipeline, query.format(editor=editor.pk))).content.decode()
    assert {title for title in ("Boat", "Ship", "Raft") if f">{title}</a>" in text} == shown
    assert ("Nothing found" in text) == (not shown)


def test_the_board_costs_the_same_for_few_and_many(page: Client, pipeline: Pipeline, call: TaskType) -> None:
    def cost(count: int) -> int:
        for number in range(count):
            contact = Contact.objects.create(email=f"{Contact.objects.count()}@example.com")
            deal = create_deal(title=f"Deal {number}", pipeline=pipeline, contacts=[contact])
            add_task(title="Ring", type=call, due_at=timezone.now(), deal=deal)
        with CaptureQueriesContext(connection) as queries:
            page.get(board_url(pipeline))
        return len(queries)

    cost(1)
    assert cost(2) == cost(25)


def test_moving_a_card(page: Client, pipeline: Pipeline, stages: list[Stage], deal: Deal) -> None:
    url = f"/deals/{deal.pk}/move/"
    answer = page.post(url, {"stage": stages[1].pk, "seen": stages[0].pk}, headers={"HX-Request": "true"})
    deal.refresh_from_db()
    assert (answer.status_code, deal.stage) == (200, stages[1])
    assert "“Boat” is in “Talks” now." in answer.headers["HX-Trigger-After-Settle"].encode().decode(
        "unicode-escape"
    )
    # Without a script: back to the board, with the filters.
    answer = page.post(f"{url}?q=bo", {"stage": stages[2].pk, "seen": stages[1].pk})
    assert answer["Location"] == board_url(pipeline, "?q=bo")


def test_a_card_moved_by_somebody_else_is_shown_where_it_is(
    page: Client, pipeline: Pipeline, stages: list[Stage], deal: Deal
) -> None:
    move_deal(deal=deal, stage=stages[2])
    values = {"stage": stages[1].pk, "seen": stages[0].pk}
    answer = page.post(f"/deals/{deal.pk}/move/", values, headers={"HX-Request": "true"})
    deal.refresh_from_db()
    assert (answer.status_code, deal.stage) == (409, stages[2])
    assert "Offer" in answer.headers["HX-Trigger-After-Settle"]


@pytest.mark.parametrize("values", [{}, {"stage": "x"}, {"stage": "999999"}, {"stage": "9" * 30}])
def test_a_move_to_nowhere_is_refused(page: Client, deal: Deal, values: dict[str, str]) -> None:
    answer = page.post(f"/deals/{deal.pk}/move/", values, headers={"HX-Request": "true"})
    assert answer.status_code in (409, 422)
    deal.refresh_from_db()
    assert deal.stage.name == "New"


def test_won_and_lost(page: Client, deal: Deal) -> None:
    for status in ("won", "lost", "open"):
        page.post(f"/deals/{deal.pk}/status/", {"status": status}, headers={"HX-Request": "true"})
        deal.refresh_from_db()
        assert deal.status == status
    assert (
        page.post(f"/deals/{deal.pk}/status/", {"status": "?"}, headers={"HX-Request": "true"}).status_code == 422
    )


PAGES = ["/deals/board/", "/deals/tasks/"]
BUTTONS = ["/deals/{deal}/move/", "/deals/{deal}/status/", "/deals/tasks/{task}/complete/", "/deals/board/first/"]


def test_who_may_not_is_refused(client: Client, viewer: Any, deal: Deal, call: TaskType) -> None:
    task = add_task(title="Ring", type=call, due_at=timezone.now(), deal=deal)
    urls = [url.format(deal=deal.pk, task=task.pk) for url in BUTTONS]
    assert all(client.get(url).status_code == 302 for url in PAGES)
    assert client.get(PAGES[0], headers={"HX-Request": "true"})["HX-Redirect"] == "/admin/login/"
    client.force_login(viewer)
    assert all(client.get(url, follow=True).status_code == 200 for url in PAGES)
    assert all(client.post(url).status_code == 403 for url in urls)
    assert all(client.post(url).status_code == 405 for url in PAGES)


# --- The deal's page ---------------------------------------------------------------------------


def admin_url(deal: Deal, part: str) -> str:
    return f"/admin/deals/deal/{deal.pk}/{part}/"


def test_a_new_deal_has_its_contact_when_it_is_announced(
    client: Client, admin_user: Any, pipeline: Pipeline, stages: list[Stage], ann: Contact
) -> None:
    from contacts.signals import facts_recorded

    client.force_login(admin_user)
    seen: list[int] = []
    listen = lambda batch, **kwargs: seen.append(Deal.objects.get().participants.count())  # noqa: E731
    facts_recorded.connect(listen)
    values = {
        "title": "Boat", "value": "10", "currency": "EUR", "stage": stages[0].pk, "status": "open",
        "contact": ann.pk,
    }  # fmt: skip
    answer = client.post("/admin/deals/deal/add/", values)
    facts_recorded.disconnect(listen)
    assert answer.status_code == 302, answer.context["errors"]
    assert set(seen) == {1}


def test_the_form_and_its_faults(client: Client, admin_user: Any, deal: Deal, stages: list[Stage]) -> None:
    client.force_login(admin_user)
    account = Account.objects.create(name="Harbour")
    values = {
        "title": "Ship", "value": "-5", "currency": "EUR", "stage": stages[1].pk, "status": "open",
        "account": account.pk,
    }  # fmt: skip
    assert client.post(admin_url(deal, "change"), values).status_code == 200
    answer = client.post(admin_url(deal, "change"), values | {"value": "5"})
    assert answer.status_code == 302
    deal.refresh_from_db()
    assert (deal.title, deal.value, deal.stage, deal.account) == ("Ship", 5, stages[1], account)
    fields = set(deal.changes.values_list("field", flat=True))
    assert fields == {"pipeline", "contact", "title", "value", "stage", "account"}


def test_buttons_of_the_panel(page: Client, deal: Deal, ann: Contact, call: TaskType) -> None:
    bob = Contact.objects.create(email="bob@example.com")
    outcome = TaskOutcome.objects.create(name="Reached")
    url = admin_url(deal, "panel")

    def do(**values: Any) -> str:
        answer = page.post(url, values, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        return answer.content.decode()

    assert "no contact with the address" in do(do="add_contact", email="who@example.com")
    do(do="add_contact", email="BOB@example.com", role="Buys")
    assert "takes part already" in do(do="add_contact", email="bob@example.com")
    do(do="make_primary", contact=bob.pk)
    assert list(deal.participants.values_list("contact_id", "role")) == [(bob.pk, "Buys"), (ann.pk, "")]
    do(do="remove_contact", contact=ann.pk)
    assert "Choose a day" in do(do="add_task", title="Ring", type=call.pk, due_at="soon")
    text = do(do="add_task", title="Ring", type=call.pk, due_at="2026-12-24T10:00")
    assert "Ring" in text and "planned" in text
    assert "Completed" not in do(do="complete_task", task=Task.objects.get().pk, outcome=outcome.pk)
    assert Task.objects.get().outcome == outcome
    assert "Write something" in do(do="add_note", text=" ")
    assert "Sounds good" in do(do="add_note", text="Sounds good")
    assert DealNote.objects.get().author is not None
    assert page.post(url, {"do": "fly"}).status_code == 400


def test_a_viewer_sees_and_changes_nothing(client: Client, viewer: Any, deal: Deal) -> None:
    client.force_login(viewer)
    assert "The deal was made" in client.get(admin_url(deal, "change")).content.decode()
    for verb in ("add_contact", "remove_contact", "make_primary", "add_task", "add_note", "complete_task"):
        assert client.post(admin_url(deal, "panel"), {"do": verb}).status_code == 403


def test_a_contact_and_an_account_show_their_deals(
    client: Client, admin_user: Any, deal: Deal, ann: Contact, call: TaskType
) -> None:
    client.force_login(admin_user)
    Deal.objects.update(account=Account.objects.create(name="Harbour"))
    task = add_task(title="Ring Ann", type=call, due_at=timezone.now(), contact=ann)
    text = client.get(f"/admin/contacts/contact/{ann.pk}/change/").content.decode()
    assert "Boat" in text and "Ring Ann" in text and "Deal “Boat”" in text
    url = f"/admin/contacts/contact/{ann.pk}/panel/"
    client.post(url, {"do": "complete_task", "task": task.pk})
    task.refresh_from_db()
    assert task.done_at is not None
    client.post(url, {"do": "add_deal", "title": "Raft"})
    assert ann.deals.get(title="Raft").owner == admin_user
    assert "Boat" in client.get(f"/admin/contacts/account/{Account.objects.get().pk}/change/").content.decode()


# --- Tasks -------------------------------------------------------------------------------------


def test_my_tasks(page: Client, editor: Any, admin_user: Any, deal: Deal, call: TaskType) -> None:
    now = timezone.now()
    mine = add_task(title="Ring her", type=call, due_at=now - timedelta(hours=1), deal=deal, assignee=editor)
    add_task(title="Theirs", type=call, due_at=now + timedelta(days=30), deal=deal, assignee=admin_user)
    add_task(title="Loose", type=call, due_at=now, deal=deal)
    for query, titles in (
        ("", {"Ring her"}),
        ("?whose=all", {"Ring her", "Theirs", "Loose"}),
        ("?whose=nobody", {"Loose"}),
    ):
        text = page.get(f"/deals/tasks/{query}").content.decode()
        assert {title for title in ("Ring her", "Theirs", "Loose") if f">{title}</a>" in text} == titles
    assert "Overdue" in page.get("/deals/tasks/").content.decode()
    other = TaskOutcome.objects.create(name="Met", type=TaskType.objects.get(name="Meeting"))
    url = f"/deals/tasks/{mine.pk}/complete/"
    assert page.post(url, {"outcome": other.pk}, headers={"HX-Request": "true"}).status_code == 422
    assert "Nothing to do" in page.post(url, headers={"HX-Request": "true"}).content.decode()
    assert ">Ring her</a>" in page.get("/deals/tasks/?done=1").content.decode()
    page.post(f"/deals/tasks/{mine.pk}/reopen/")
    mine.refresh_from_db()
    assert mine.done_at is None


def test_the_admin_of_tasks(client: Client, admin_user: Any, deal: Deal, ann: Contact, call: TaskType) -> None:
    client.force_login(admin_user)
    values = {
        "title": "Ring", "type": call.pk, "due_at_0": "2026-12-24", "due_at_1": "10:00", "remind_at_0": "",
        "remind_at_1": "", "note": "", "deal": deal.pk, "contact": ann.pk,
    }  # fmt: skip
    answer = client.post("/admin/deals/task/add/", values)
    assert answer.status_code == 200 and "one contact or one deal" in answer.content.decode()
    answer = client.post("/admin/deals/task/add/", values | {"contact": ""})
    assert answer.status_code == 302
    client.post("/admin/deals/task/", {"action": "mark_done", "_selected_action": [Task.objects.get().pk]})
    assert Task.objects.get().done_at is not None


@pytest.mark.parametrize("model", ["deal", "task", "pipeline", "stage", "tasktype", "taskoutcome", "dealnote"])
def test_admin_lists_and_add_pages_open(client: Client, admin_user: Any, deal: Deal, model: str) -> None:
    client.force_login(admin_user)
    for part in ("", "add/"):
        assert client.get(f"/admin/deals/{model}/{part}").status_code == 200


def test_what_deals_stand_in_is_not_deleted(client: Client, admin_user: Any, deal: Deal) -> None:
    client.force_login(admin_user)
    text = client.get(f"/admin/deals/stage/{deal.stage_id}/delete/").content.decode()
    assert "its 1 deal" in text
    client.post(f"/admin/deals/pipeline/{deal.pipeline_id}/delete/", {"post": "yes"})
    assert Pipeline.objects.exists()
