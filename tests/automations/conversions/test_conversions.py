"""Conversions: what records them, values, touches, the trigger, the condition, leaving, the report."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from automations.models import Automation, ConversionRule
from automations.reasons import Exit
from automations.services import add_to_automation, save_automation
from contacts.models import Conversion, ConversionRecord, CustomEvent, EventRecord
from contacts.selectors.conversions import report
from contacts.selectors.timeline import timeline
from contacts.services import InUse, record_conversion, record_event, tag_contacts
from contacts.services.merge import merge_contacts
from contacts.services.privacy import erase_person, export_person
from contacts.services.records import save_record
from contacts.services.usage import delete_unused
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db


def make(name: str = "Purchase", **values: Any) -> Conversion:
    return Conversion.objects.create(name=name, **values)


def define(conversion: Conversion, trigger: str, settings: Any, **values: Any) -> ConversionRule:
    given = {"conversion": conversion, "trigger": trigger, "settings": settings, **values}
    return save_record(record=ConversionRule(), values=given)


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


# --- What is recorded --------------------------------------------------------------------------


@pytest.mark.parametrize(("counts", "rows"), [("once", 1), ("every", 2)])
def test_counts(counts: str, rows: int) -> None:
    conversion, ada = make(counts=counts, value=20), ContactFactory()
    assert record_conversion(contacts=ada, conversion=conversion) == [ada.pk]
    assert record_conversion(contacts=ada, conversion=conversion) == ([ada.pk] if counts == "every" else [])
    assert list(ConversionRecord.objects.values_list("value", "currency")) == [(Decimal(20), "EUR")] * rows


@pytest.mark.parametrize(
    ("value_from", "given", "recorded"),
    [("event", "99.90", "99.90"), ("event", "a chair", "5"), ("event", "", "5"), ("event", "-3", "5"),
     ("event", "1e400", "5"), ("event", "NaN", "5"), ("fixed", "99.90", "5")],
)  # fmt: skip
def test_a_rule_takes_any_trigger_type_and_the_event_s_value(value_from: str, given: str, recorded: str) -> None:
    bought, left = CustomEvent.objects.create(name="Bought"), CustomEvent.objects.create(name="Left")
    conversion, ada = make(value_from=value_from, value=5), ContactFactory()
    define(conversion, "event_recorded", {"event": bought.pk, "value_is": "any"})
    record_event(contacts=ada, event=left, value=given)
    assert not ConversionRecord.objects.exists()
    record_event(contacts=ada, event=bought, value=given)
    assert ConversionRecord.objects.get().value == Decimal(recorded)


def test_a_tag_can_be_a_conversion_of_some() -> None:
    tag, vip, conversion = TagFactory(), TagFactory(), make()
    conditions = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": vip.pk}]}
    define(conversion, "tag_added", {"tags": [tag.pk]}, conditions=conditions)
    ada, bob = ContactFactory(), ContactFactory()
    tag_contacts(contacts=ada, tag=vip)
    tag_contacts(contacts=[ada, bob], tag=tag)
    assert list(ConversionRecord.objects.values_list("contact", flat=True)) == [ada.pk]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"trigger": ""}, "trigger"),
        ({"trigger": "no_such"}, "trigger"),
        ({"settings": {"tags": [999_999]}}, "settings"),
        ({"conditions": {"conditions": 5}}, "conditions"),
    ],
)
def test_bad_rules(values: Any, field: str) -> None:
    good = {"conversion": make(), "trigger": "tag_added", "settings": {"tags": [TagFactory().pk]}}
    with pytest.raises(ValidationError) as refused:
        save_record(record=ConversionRule(), values={**good, **values})
    assert field in refused.value.message_dict


def test_a_conversion_does_not_define_itself() -> None:
    conversion = make(counts="every")
    with pytest.raises(ValidationError, match="changes itself"):
        define(conversion, "conversion_occurred", {"conversion": conversion.pk})
    other, ada = make("Other", counts="every"), ContactFactory()
    define(conversion, "conversion_occurred", {"conversion": other.pk})
    define(other, "conversion_occurred", {"conversion": conversion.pk})
    record_conversion(contacts=ada, conversion=conversion)
    assert ConversionRecord.objects.count() == 3  # itself, the other, and once more by the other's rule


def test_touches_before_it_and_not_itself() -> None:
    ada, now = ContactFactory(), timezone.now()
    events = [CustomEvent.objects.create(name=name) for name in ("Fair", "Webinar", "Demo", "Bought")]
    for event, days in zip(events[:3], (30, 20, 10), strict=True):
        EventRecord.objects.create(contact=ada, event=event, at=now - timedelta(days=days))
    EventRecord.objects.create(contact=ContactFactory(), event=events[3], at=now - timedelta(days=40))
    conversion = make()
    define(conversion, "event_recorded", {"event": events[3].pk, "value_is": "any"})
    record_event(contacts=ada, event=events[3])
    record = ConversionRecord.objects.get(contact=ada)
    assert (record.first_touch, record.last_touch) == ("Fair", "Demo")
    assert record.first_touch_at == now - timedelta(days=30)
    record_conversion(contacts=ContactFactory(), conversion=conversion)
    assert ConversionRecord.objects.latest("pk").first_touch == ""


def test_bulk_costs_no_more(django_assert_max_num_queries: Any) -> None:
    conversion, people = make(counts="every"), ContactFactory.create_batch(60)
    event = CustomEvent.objects.create(name="Fair")
    record_event(contacts=people, event=event)
    with django_assert_max_num_queries(8):
        assert len(record_conversion(contacts=people, conversion=conversion)) == 60


def test_timeline_privacy_and_merge() -> None:
    conversion = make(value=20)
    keep, drop = ContactFactory(), ContactFactory()
    EventRecord.objects.create(
        contact=keep, event=CustomEvent.objects.create(name="Fair"), at=timezone.now() - timedelta(days=1)
    )
    for contact in (keep, drop):
        record_conversion(contacts=contact, conversion=conversion, detail="By phone")
    entry = timeline(contact=keep).entries[0]
    assert entry.title == "Converted: “Purchase”, 20.00 EUR."
    assert entry.text == "By phone\nFirst touch: Fair. Last touch: Fair."
    merge_contacts(keep=keep, drop=drop)
    assert ConversionRecord.objects.filter(contact=keep).count() == 2
    assert record_conversion(contacts=keep, conversion=conversion) == []
    found = [row for row in export_person(contact=keep)["history"] if row["kind"] == "conversion"]
    assert [(row["value"], row["detail"]) for row in found] == [("20.00", "By phone")] * 2
    erase_person(contact=keep)
    assert not ConversionRecord.objects.exists()


# --- In automations ----------------------------------------------------------------------------


def test_the_trigger() -> None:
    conversion, other = make(), make("Demo")
    automation = build_automation(triggers=[("conversion_occurred", {"conversion": conversion.pk})])
    ada = ContactFactory(email="ada@example.com")
    record_conversion(contacts=ada, conversion=other)
    assert passes(automation) == []
    record_conversion(contacts=ada, conversion=conversion)
    assert passes(automation) == ["ada@example.com"]


def test_what_counted_once_starts_nobody_twice() -> None:
    conversion, ada = make(), ContactFactory(email="ada@example.com")
    settings = {"conversion": conversion.pk}
    automation = build_automation(
        triggers=[("conversion_occurred", settings)], runs="multiple", entry_policy="any"
    )
    for _time in range(2):
        record_conversion(contacts=ada, conversion=conversion)
    assert passes(automation) == ["ada@example.com"]


@pytest.mark.parametrize(
    ("plan", "allowed"), [("starter", False), ("plus", False), ("professional", True), ("enterprise", True)]
)
def test_plans(plan: str, allowed: bool) -> None:
    from automations.triggers import TRIGGERS

    assert TRIGGERS["conversion_occurred"].availability.allows(plan, []) == allowed


def test_the_step(drain: Any) -> None:
    conversion, ada = make(counts="every", value=5), ContactFactory()
    steps = [
        ("record_conversion", {"conversion": conversion.pk}),
        ("record_conversion", {"conversion": conversion.pk, "value": "12.50"}),
    ]
    automation = build_automation(steps=steps, entry_policy="any")
    for _pass in range(2):
        add_to_automation(automation=automation, contacts=[ada])
    drain()
    values = ConversionRecord.objects.order_by("value").values_list("value", flat=True)
    assert [str(value) for value in values] == ["5.00", "5.00", "12.50", "12.50"]


@pytest.mark.parametrize(
    ("settings", "meeting"),
    [
        ({"op": "has"}, [True, True, True, False]),
        ({"op": "has", "named": True}, [True, True, False, False]),
        ({"op": "has_not", "named": True}, [False, False, True, True]),
        ({"op": "has", "named": True, "times": 2}, [True, False, False, False]),
        ({"op": "has", "named": True, "days": 9}, [True, False, False, False]),
        ({"op": "has", "named": True, "days": 11}, [True, True, False, False]),
    ],
)
def test_the_condition(settings: dict[str, Any], meeting: list[bool]) -> None:
    from automations.conditions import Moment, clean_tree, matching

    conversion, other, now = make(counts="every"), make("Demo"), timezone.now()
    people = ContactFactory.create_batch(4)
    for _time in range(2):
        record_conversion(contacts=people[0], conversion=conversion)
    ConversionRecord.objects.create(contact=people[1], conversion=conversion, at=now - timedelta(days=10))
    record_conversion(contacts=people[2], conversion=other)
    given = {name: value for name, value in settings.items() if name != "named"}
    if settings.get("named"):
        given["conversion"] = conversion.pk
    tree = clean_tree({"match": "all", "conditions": [{"type": "conversion", **given}]})
    found = matching(tree, [contact.pk for contact in people], Moment(now=timezone.now()))
    assert [contact.pk in found for contact in people] == meeting


def test_leaving_on_a_conversion(drain: Any) -> None:
    conversion, other = make(), make("Demo")
    wait = [("wait", {"mode": "period", "amount": 5, "unit": "days"})]
    leaves = build_automation(steps=wait, exit_conversion=conversion)
    stays = build_automation(steps=wait)
    ada, bob = ContactFactory(), ContactFactory()
    for automation in (leaves, stays):
        add_to_automation(automation=automation, contacts=[ada, bob])
    drain()
    record_conversion(contacts=bob, conversion=other)
    record_conversion(contacts=ada, conversion=conversion)
    drain()
    found = {row.contact_id: row.exit_reason for row in leaves.enrollments.all()}
    assert found == {ada.pk: Exit.CONVERTED, bob.pk: ""}
    assert set(stays.enrollments.values_list("exit_reason", flat=True)) == {""}


def test_switching_the_exit_on_works_at_once(drain: Any) -> None:
    conversion, ada = make(counts="every"), ContactFactory()
    automation = build_automation(steps=[("wait", {"mode": "period", "amount": 5, "unit": "days"})])
    add_to_automation(automation=automation, contacts=[ada])
    drain()
    record_conversion(contacts=ada, conversion=conversion)
    save_automation(automation=Automation.objects.get(pk=automation.pk), values={"exit_conversion": conversion})
    drain()
    assert automation.enrollments.get().exit_reason == ""
    record_conversion(contacts=ada, conversion=conversion)
    drain()
    assert automation.enrollments.get().exit_reason == Exit.CONVERTED
    with pytest.raises(InUse, match="the automation “Automation”"):
        delete_unused(record=conversion)


# --- Pages, report, API ------------------------------------------------------------------------


def test_the_report() -> None:
    now, fair = timezone.now(), CustomEvent.objects.create(name="Fair")
    bought, demo = make(counts="every", value=20), make("Demo", value=1, currency="USD")
    ada, bob = ContactFactory(), ContactFactory()
    EventRecord.objects.create(contact=ada, event=fair, at=now - timedelta(days=2))
    record_conversion(contacts=[ada, bob], conversion=bought)
    record_conversion(contacts=ada, conversion=demo)
    for days in (6, 7):
        ConversionRecord.objects.create(
            contact=bob, conversion=bought, value=3, currency="EUR", at=now - timedelta(days=days)
        )
    now = timezone.now()
    found = report(now=now, days=7)
    assert (found.total.count, found.total.values) == (4, {"EUR": Decimal(43), "USD": Decimal(1)})
    assert (len(found.days), found.days[0][1], found.days[-1][1], found.most) == (7, 1, 3, 3)
    assert [(line.label, line.count) for line in found.by_first] == [("", 2), ("Fair", 2)]
    assert [(line.label, line.count) for line in found.by_conversion] == [("Purchase", 3), ("Demo", 1)]
    assert report(now=now, days=7, conversion=demo.pk).total.count == 1


def test_pages(signed_in: Any) -> None:
    figures = page("contacts_conversion_figures")
    assert "No conversions in this period" in signed_in.get(figures).content.decode()
    conversion, event, ada = make("Buy <b>", value=20), CustomEvent.objects.create(name="Bought"), ContactFactory()
    assert "No rules yet" in signed_in.get(page("contacts_conversion_change", conversion.pk)).content.decode()
    add = f"{page('automations_conversionrule_add')}?conversion={conversion.pk}"
    assert "Conditions come true" not in signed_in.get(add).content.decode()
    assert signed_in.get(f"{add}&trigger=conditions").status_code == 200
    body = {"conversion": conversion.pk, "is_active": "on", "conditions": "{}", "settings-value_is": "any"}
    answer = signed_in.post(f"{add}&trigger=event_recorded", {**body, "settings-event": event.pk})
    assert answer.url == page("contacts_conversion_change", conversion.pk)
    assert "The event “Bought” is recorded" in signed_in.get(answer.url).content.decode()
    record_event(contacts=ada, event=event)
    for query in (
        "",
        "?days=7",
        "?days=x",
        f"?conversion={conversion.pk}",
        "?conversion=x",
        f"?conversion={9**40}",
    ):
        content = signed_in.get(figures + query).content.decode()
        assert "1 conversion" in content
        assert "Buy <b>" not in content
    for name in ("contacts_conversion_changelist", "contacts_conversionrecord_changelist"):
        assert "Buy &lt;b&gt;" in signed_in.get(page(name)).content.decode()
    assert "Converted: “Buy" in signed_in.get(page("contacts_contact_change", ada.pk)).content.decode()


@pytest.mark.parametrize(("who", "status"), [("viewer", 200), ("editor", 200)])
def test_who_sees_the_report(client: Any, request: Any, who: str, status: int) -> None:
    client.force_login(request.getfixturevalue(who))
    assert client.get(page("contacts_conversion_figures")).status_code == status


def test_api(api: Any) -> None:
    made = api.post("/api/v1/conversions/", {"name": "Demo", "counts": "every", "value": "5", "currency": "USD"})
    assert made.status_code == 201
    address = f"/api/v1/conversions/{made.json()['id']}/"
    ada = ContactFactory()
    body = {"emails": [ada.email], "value": "7.50", "detail": "Invoice 7"}
    assert api.post(f"{address}contacts/", body).json() == {"recorded": 1, "ignored": 0}
    assert api.post(f"{address}contacts/", {"ids": [ada.pk]}).status_code == 201
    rows = api.get("/api/v1/conversion-records/", {"contact": ada.pk}).json()["results"]
    assert [(row["value"], row["currency"], row["source"]) for row in rows] == [
        ("5.00", "USD", "api"),
        ("7.50", "USD", "api"),
    ]
    for bad in ({}, {"ids": [999_999]}, {"ids": [ada.pk], "value": "-1"}, {"ids": [ada.pk], "value": "x"},
                {"ids": [ada.pk], "currency": "1€"}):  # fmt: skip
        assert api.post(f"{address}contacts/", bad).status_code == 400, bad
    for bad in ({"currency": "eur"}, {"value": "-1"}, {"counts": "often"}, {"name": ""}):
        assert api.patch(address, bad).status_code == 400, bad
    rule = {"conversion": made.json()["id"], "trigger": "tag_added", "settings": {"tags": [TagFactory().pk]}}
    answer = api.post("/api/v1/conversion-rules/", rule)
    assert answer.status_code == 201
    assert api.patch(f"/api/v1/conversion-rules/{answer.json()['id']}/", {"trigger": "x"}).status_code == 400
    assert api.delete(address).status_code == 204


def test_forms_and_clicks_are_touches_and_a_form_a_conversion() -> None:
    from contacts.models import FormSubmission
    from contacts.models.engagement import EmailAction, EmailActivity, SentEmail
    from contacts.services import submit_form
    from tests.factories import FormFactory

    ada, now, conversion = ContactFactory(email="ada@example.com"), timezone.now(), make()
    form, other = (FormFactory(name=name, double_opt_in=False) for name in ("Demo", "Guide"))
    define(conversion, "form_submitted", {"form": form.pk})
    submit_form(form=other, data={"email": ada.email})
    assert not ConversionRecord.objects.exists()
    FormSubmission.objects.update(at=now - timedelta(days=3))
    email = SentEmail.objects.create(contact=ada, subject="Spring sale", address=ada.email)
    for days, machine, action in ((9, True, "click"), (5, False, "click"), (1, False, "open")):
        EmailActivity.objects.create(
            contact=ada, email=email, action=EmailAction(action), machine=machine, at=now - timedelta(days=days)
        )
    submit_form(form=form, data={"email": ada.email})
    record = ConversionRecord.objects.get()
    assert (record.contact_id, record.source) == (ada.pk, "form")
    assert (record.first_touch, record.last_touch) == ("E-mail: Spring sale", "Form: Guide")
