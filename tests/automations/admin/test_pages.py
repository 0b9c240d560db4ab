"""The admin pages of automations, as people use them."""

import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from automations.models import Account, Automation, Delivery, Enrollment, EntryRefusal, SenderState, Step, Trigger
from automations.services import add_step, add_to_automation, add_trigger, publish
from contacts.models import Segment
from tests.automations.feeds.samples import a_feed
from tests.automations.samples import TREE, new_automation, published
from tests.factories import ContactFactory, ListFactory, TagFactory

# What pages draw is the same on both databases; the stricter one runs their queries.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
MODELS = ["automation", "trigger", "step", "enrollment", "entryrefusal", "delivery", "version", "revision",
          "senderstate", "feed", "feedrun"]  # fmt: skip
QUEUE = ["schedule", "success", "failure", "ormq"]


def page(model, name="changelist", *args, app="automations"):
    return reverse(f"admin:{app}_{model}_{name}", args=args)


def text(answer):
    return html.unescape(answer.content.decode())


@pytest.fixture
def filled(db):
    automation = published()
    add_trigger(automation=automation, type="tag_added", settings={"tags": [TagFactory(name="VIP").pk]})
    contact = ContactFactory(email="ada@example.com")
    add_to_automation(automation=automation, contacts=contact)
    EntryRefusal.objects.create(automation=automation, contact=contact, reason="loop")
    Delivery.objects.create(channel="email", automation=automation, contact=contact, status="uncertain")
    a_feed(automation)
    SenderState.objects.create(channel="email")
    return automation


@pytest.mark.parametrize("model", MODELS)
def test_lists_searches_and_pages(signed_in, filled, model):
    from django.apps import apps

    assert signed_in.get(page(model)).status_code == 200
    if model not in ("senderstate", "feedrun"):
        assert signed_in.get(page(model), {"q": "Ada@example.com"}).status_code == 200
    record = apps.get_model("automations", model).objects.first()
    answer = signed_in.get(page(model, "change", record.pk))
    assert answer.status_code == 200


@pytest.mark.parametrize("model", QUEUE)
def test_background_pages(signed_in, model):
    from django.utils import timezone
    from django_q.models import Schedule, Task
    from django_q.tasks import async_task

    now = timezone.now()
    for success in (True, False):
        Task.objects.create(id=f"{success}", name="x", func="f", started=now, stopped=now, success=success)
    async_task("automations.tasks.work")
    answer = signed_in.get(page(model, app="django_q"))
    assert answer.status_code == 200
    assert "unfold" in text(answer)
    assert Schedule.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "editor", "manager"])
def test_navigation_and_pages_for_groups(request, client, filled, who):
    client.force_login(request.getfixturevalue(who))
    home = text(client.get(reverse("admin:index")))
    # Automations are reached through the builder's list.
    assert reverse("builder:list") in home
    assert client.get(page("automation")).status_code == 200
    for model in ("trigger", "step", "enrollment", "delivery"):
        assert page(model) in home
        assert client.get(page(model)).status_code == 200
    for model in (Trigger, Step, Automation):
        name = model._meta.model_name
        record = model.objects.first()
        assert client.get(page(name, "change", record.pk)).status_code == 200
        add = client.get(page(name, "add"))
        assert add.status_code == (403 if who == "viewer" else 200)


def test_adding_and_changing_an_automation(signed_in):
    news = ListFactory()
    posted = {
        "name": " Welcome ",
        "description": "",
        "entry_policy": "once",
        "lists": [news.pk],
        "clock": "freeze",
    }
    assert signed_in.post(page("automation", "add"), posted).status_code == 302
    automation = Automation.objects.get()
    assert (automation.name, automation.clock, list(automation.lists.all())) == ("Welcome", "freeze", [news])
    answer = signed_in.post(page("automation", "change", automation.pk), {**posted, "name": ""})
    assert "name" in answer.context["adminform"].form.errors
    url = page("automation", "change", automation.pk)
    assert signed_in.post(url, {**posted, "lists": [], "exit_on_unsubscribe": "on"}).status_code == 302
    automation.refresh_from_db()
    assert automation.exit_on_unsubscribe
    assert not automation.lists.exists()


def test_publish_and_activate(signed_in, automation):
    def press(action):
        address = f"/admin/automations/automation/{automation.pk}/{action}/"
        before = (automation.is_active, automation.version_id)
        assert "Cancel" in text(signed_in.get(address))
        automation.refresh_from_db()
        assert (automation.is_active, automation.version_id) == before, "asking is not doing"
        answer = signed_in.post(address, follow=True)
        automation.refresh_from_db()
        return text(answer)

    assert "Publish the automation first" in press("activate")
    assert "Add at least one step" in press("publish")
    add_step(automation=automation, type="add_note", settings={"text": "x"})
    assert "Published as v1" in press("publish")
    assert "is active" in press("activate")
    assert automation.is_active
    assert "stay where they are" in press("deactivate")
    assert not automation.is_active


def test_switching_many(signed_in):
    ready, draft = published(), new_automation(name="Draft")
    posted = {"action": "activate_selected", "_selected_action": [ready.pk, draft.pk]}
    answer = text(signed_in.post(page("automation"), posted, follow=True))
    assert "Draft: Publish the automation first." in answer
    assert Automation.objects.get(pk=ready.pk).is_active
    signed_in.post(page("automation"), {**posted, "action": "deactivate_selected"})
    assert not Automation.objects.get(pk=ready.pk).is_active


def test_refused_deletions_are_messages(signed_in):
    automation, other = published(), new_automation(name="Other")
    add_step(automation=other, type="start_automation", settings={"target": automation.pk})
    url = page("automation", "delete", automation.pk)
    answer = text(signed_in.post(url, {"post": "yes"}, follow=True))
    assert "“Other”" in answer
    branch = add_step(automation=automation, type="if_else", parent=automation.steps.get().key, arm="next")
    for arm in ("yes", "no"):
        add_step(automation=automation, type="wait", parent=branch.key, arm=arm)
    answer = text(signed_in.post(page("step", "delete", branch.pk), {"post": "yes"}, follow=True))
    assert "Say which path stays" in answer
    assert Automation.objects.count() == 2
    assert automation.steps.count() == 4


def test_deleting_parts_keeps_revisions(signed_in, filled):
    before = filled.revisions.count()
    signed_in.post(page("trigger", "delete", filled.triggers.get().pk), {"post": "yes"})
    posted = {"action": "delete_selected", "_selected_action": [filled.steps.get().pk], "post": "yes"}
    signed_in.post(page("step"), posted)
    assert (filled.triggers.count(), filled.steps.count()) == (0, 0)
    assert filled.revisions.count() == before + 2


@pytest.mark.parametrize("query", ["", "?ct_id=x", "?ct_id=999999", "?ct_id=1&automation=x", f"?ct_id={'9' * 30}"])
def test_add_without_type_or_automation_asks_for_them(signed_in, automation, query):
    answer = signed_in.get(page("step", "add") + query)
    assert answer.status_code == 200
    assert "Send an e-mail" in text(answer)


def test_add_page_of_a_type_needs_an_automation(signed_in, automation):
    assert signed_in.get(page("waitstep", "add")).status_code == 302
    assert signed_in.get(page("waitstep")).url == page("step")
    assert "There is no automation yet" not in text(signed_in.get(page("step", "add")))
    automation.delete()
    assert "There is no automation yet" in text(signed_in.get(page("step", "add")))


def test_enrollment_actions_and_log(signed_in, filled):
    row = Enrollment.objects.get()
    Enrollment.objects.filter(pk=row.pk).update(status="parked", error="broken")
    posted = {"_selected_action": [row.pk]}
    signed_in.post(page("enrollment"), {**posted, "action": "retry"})
    row.refresh_from_db()
    assert (row.status, row.error) == ("active", "")
    answer = text(signed_in.post(page("enrollment"), {**posted, "action": "skip"}, follow=True))
    assert "None of these" in answer
    signed_in.post(page("enrollment"), {**posted, "action": "end"})
    assert Enrollment.objects.get().exit_reason == "by_hand"
    shown = text(signed_in.get(page("enrollment", "change", row.pk)))
    assert "retried by hand" in shown
    assert "Wait 1 day" in shown


@pytest.mark.parametrize(
    ("action", "after"), [("resend", "pending"), ("mark_sent", "sent"), ("cancel", "skipped")]
)
def test_delivery_actions(signed_in, filled, action, after):
    row = Delivery.objects.get()
    posted = {"action": action, "_selected_action": [row.pk]}
    answer = text(signed_in.post(page("delivery"), posted, follow=True))
    assert "1 of 1 delivery changed" in answer
    assert Delivery.objects.get().status == after


def test_viewers_have_no_actions(client, viewer, filled):
    client.force_login(viewer)
    row = Delivery.objects.get()
    client.post(page("delivery"), {"action": "resend", "_selected_action": [row.pk]})
    client.post(page("enrollment"), {"action": "end", "_selected_action": [Enrollment.objects.get().pk]})
    assert Delivery.objects.get().status == "uncertain"
    assert Enrollment.objects.get().status == "held"


def test_account(signed_in, client, editor):
    url = page("account", "change", 1)
    assert signed_in.get(page("account")).url == url
    assert signed_in.get(url).status_code == 200
    assert not Account.objects.exists(), "looking writes nothing"
    answer = signed_in.post(url, {"plan": "plus", "addons": ["pipelines"], "time_zone": "Europe/Paris"})
    assert answer.status_code == 302
    account = Account.objects.get()
    assert (account.plan, account.addons, account.zone) == ("plus", ["pipelines"], "Europe/Paris")
    answer = signed_in.post(url, {"plan": "free", "addons": ["gold"], "time_zone": "Mars/Olympus"})
    assert set(answer.context["adminform"].form.errors) == {"plan", "addons", "time_zone"}
    client.force_login(editor)
    assert client.post(url, {"plan": "starter"}).status_code == 403
    assert Account.objects.get().plan == "plus"


def test_segments(signed_in):
    import json

    ContactFactory(first_name="Ada")
    ContactFactory(first_name="Grace")
    bad = {"name": "Adas", "conditions": '{"conditions": [{"type": "tag", "op": "has", "tag": 5}]}'}
    answer = signed_in.post(page("segment", "add", app="contacts"), bad)
    assert "conditions" in answer.context["adminform"].form.errors
    for junk in ("{", "[1]", '"x"'):
        answer = signed_in.post(page("segment", "add", app="contacts"), {**bad, "conditions": junk})
        assert "conditions" in answer.context["adminform"].form.errors, junk
    good = {"name": "Adas", "conditions": json.dumps(TREE)}
    assert signed_in.post(page("segment", "add", app="contacts"), good).status_code == 302
    segment = Segment.objects.get()
    assert segment.conditions == TREE
    shown = signed_in.get(page("segment", "change", segment.pk, app="contacts"))
    assert "The contact has a field “First name” that is “Ada”." in text(shown)
    assert shown.context["adminform"].form.initial["conditions"] == TREE


def test_bulk_action_on_the_contact_list(signed_in):
    automation, contact = published(), ContactFactory()
    url = page("contact", app="contacts")
    posted = {"action": "bulk_add_to_automation", "_selected_action": [contact.pk]}
    assert "Welcome" in text(signed_in.post(url, posted))
    signed_in.post(url, {**posted, "apply": "1", "automation": automation.pk})
    assert Enrollment.objects.get().contact_id == contact.pk
    assert "Entered the automation “Welcome”" in text(
        signed_in.get(page("contact", "change", contact.pk, app="contacts"))
    )


def test_lists_cost_the_same_however_long(signed_in, filled):
    def fill(count):
        for n in range(count):
            automation = new_automation(name=f"More {n}")
            first = add_step(automation=automation, type="add_note", settings={"text": "x"})
            wait = add_step(automation=automation, type="wait", parent=first.key, arm="next")
            add_step(
                automation=automation, type="go_to", parent=wait.key, arm="next", settings={"target": first.key}
            )
            anything = {"field": "email", "old": "any", "new": "any"}
            add_trigger(automation=automation, type="contact_field_changed", settings=anything)
            publish(automation=automation)
            contact = ContactFactory()
            add_to_automation(automation=automation, contacts=contact)
            Delivery.objects.create(channel="email", automation=automation, contact=contact)
            EntryRefusal.objects.create(automation=automation, contact=contact, reason="loop")

    def costs():
        found = {}
        for model in MODELS:
            with CaptureQueriesContext(connection) as queries:
                assert signed_in.get(page(model)).status_code == 200
            found[model] = len(queries)
        return found

    fill(2)
    costs()
    few = costs()
    fill(10)
    assert costs() == few


def test_what_only_the_service_can_refuse_is_an_error_of_the_form(signed_in, automation, monkeypatch):
    from django.contrib.contenttypes.models import ContentType

    from automations.steps.base import STEPS
    from automations.triggers.base import TRIGGERS

    def add(model, part, posted):
        kind = ContentType.objects.get_for_model(part, for_concrete_model=False)
        url = f"{page(model, 'add')}?ct_id={kind.pk}&automation={automation.pk}"
        return signed_in.post(url, posted)

    add_step(automation=automation, type="wait")
    answer = add("step", STEPS["end_automation"], {"place": "", "enabled": "on"})
    assert "ends its path" in text(answer)
    monkeypatch.setattr(TRIGGERS["list_subscribed"], "exclusive", True)
    assert add("trigger", TRIGGERS["list_subscribed"], {"runs": "once"}).status_code == 302
    assert "keeps an automation for itself" in text(
        add("trigger", TRIGGERS["list_unsubscribed"], {"runs": "once"})
    )
    assert (automation.steps.count(), automation.triggers.count()) == (1, 1)
