"""The demo's companies and bookings, what changed of them, and an automation for each trigger about them."""

import random
from collections.abc import Sequence

from automations.models import Automation
from automations.services import activate, add_step, add_trigger, publish
from contacts.models import Account, CustomField, ObjectRecord, ObjectRelation, ObjectType, Tag
from contacts.services import add_to_account, set_field, set_primary_contact, update_record, upsert_accounts
from contacts.services import upsert_records as save_records

COMPANIES = 40
FIRST = ("Blue", "North", "Silver", "Green", "River", "Stone", "Amber", "Cedar")
LAST = ("Bakery", "Design", "Logistics", "Software", "Travel")
CITIES = ("Paris", "Lyon", "London", "Dublin", "New York")
STATUSES = ["Requested", "Confirmed", "Cancelled"]
TITLES = ("Head of sales", "Office manager", "Engineer", "")


def make_accounts(pick: random.Random, ids: Sequence[int]) -> None:
    """Companies, each with a few people, one of them the primary contact."""
    CustomField.objects.create(
        entity="account", key="tier", label="Tier", type="dropdown", options=["Bronze", "Silver", "Gold"]
    )
    rows = []
    for number in range(COMPANIES):
        first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST)]
        rows.append({
            "name": f"{first} {last}", "industry": last, "city": pick.choice(CITIES),
            "employees": pick.randint(3, 900), "fields": {"tier": "Bronze"},
            "url": f"https://{first}-{last}.example".casefold(),
        })  # fmt: skip
    for account in [result.id for result in upsert_accounts(rows=rows) if result.id is not None]:
        people = pick.sample(list(ids), 4)
        add_to_account(account=account, contacts=people, job_title=pick.choice(TITLES))
        set_primary_contact(account=account, contact=people[0])


def make_bookings() -> ObjectType:
    """A custom object, as people define one under “Manage data”."""
    booking = ObjectType.objects.create(
        key="booking", label="Booking", plural="Bookings", icon="event_seat", description="Of a training day."
    )
    mine = {"entity": "object", "object_type": booking}
    CustomField.objects.create(**mine, key="seats", label="Seats", type="number", required=True)
    CustomField.objects.create(**mine, key="status", label="Status", type="dropdown", options=STATUSES, position=1)
    ObjectRelation.objects.create(type=booking, key="guest", label="Guest", target="contact")
    ObjectRelation.objects.create(type=booking, key="payer", label="Payer", target="account", position=1)
    return booking


def add_automations(booking: ObjectType, call: Tag) -> None:
    """One for each trigger, each with a note that names the record."""
    changed = {"old": "any", "new": "value"}
    _automation(
        "Gold accounts", "Tells the people of a company that it has become a gold account.",
        "account_field_changed", {"field": "tier", **changed, "new_value": "Gold"},
        "{{ account.name }} became {{ account.fields.tier }}.", tag=call,
    )  # fmt: skip
    _automation(
        "Training booked", "Follows up on each booking.",
        "custom_object_created", {"object_type": booking.pk},
        "Booked {{ booking.fields.seats }} seats: {{ booking.title }}.",
    )  # fmt: skip
    _automation(
        "Training cancelled", "Wins back who cancels.",
        "custom_object_updated",
        {"object_type": booking.pk, "field": "status", **changed, "new_value": "Cancelled"},
        "Cancelled: {{ booking.title }}.", tag=call,
    )  # fmt: skip


def _automation(
    name: str, about: str, trigger: str, settings: dict[str, object], note: str, tag: Tag | None = None
) -> None:
    automation = Automation.objects.create(name=name, description=about)
    add_trigger(automation=automation, type=trigger, settings=settings, runs="multiple")
    last = add_step(automation=automation, type="add_note", settings={"text": note})
    if tag is not None:
        add_step(automation=automation, type="add_tag", parent=last.key, arm="next", settings={"tag": tag.pk})
    publish(automation=automation)
    activate(automation=automation)


def crm_of_a_day(pick: random.Random, ids: Sequence[int], booking: ObjectType) -> None:
    """A tier that rises, bookings that are made, confirmed and cancelled."""
    accounts = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    tier = CustomField.objects.get(entity="account", key="tier")
    set_field(field=tier, values={pk: pick.choice(["Silver", "Gold"]) for pk in pick.sample(accounts, 2)})
    rows = [
        {
            "title": f"Training day, {pick.choice(CITIES)}",
            "fields": {"seats": pick.randint(1, 8), "status": STATUSES[0]},
            "links": {"guest": contact, "payer": pick.choice(accounts)},
        }
        for contact in pick.sample(list(ids), 3)
    ]
    save_records(type=booking, rows=rows)
    known = list(ObjectRecord.objects.filter(type=booking).order_by("pk"))
    for record, status in zip(pick.sample(known, 2), STATUSES[1:], strict=True):
        update_record(record=record, custom={"status": status})
