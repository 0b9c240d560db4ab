"""The engine against what the database needs at the very least.

The bare side writes the same rows to the same tables with the fewest statements there are.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.db.models.signals import post_save
from django.utils import timezone

from automations.delivery.broadcast import run_campaigns
from automations.engine.index import forget_index, touch_index
from automations.engine.run import claim, run_due
from automations.models import Automation, Enrollment, StepLog
from automations.services import save_campaign, start_campaign
from automations.sources.contacts import tag_changed
from contacts.bulk import insert_rows, update_rows
from contacts.models import Campaign, ContactTag, CustomField, List, Subscription, TagChange
from contacts.services import tag_contacts

from .measure import Row, fastest, in_turn, timed
from .setup import clear, make_automations, make_contacts, make_tag, step

_names = itertools.count()


def _fresh_contacts(count: int) -> list[int]:
    return make_contacts(count, f"bench{next(_names)}x{timezone.now():%H%M%S%f}-")


@contextmanager
def _nobody_connected() -> Iterator[None]:
    """The save as it would be without automations."""
    post_save.disconnect(tag_changed, sender=TagChange)
    try:
        yield
    finally:
        post_save.connect(tag_changed, sender=TagChange)


def nobody_listens(scale: int) -> Iterator[Row]:
    clear()
    others = [make_tag(f"Other {number}").pk for number in range(50)]
    make_automations(1_000 // scale, others, [step("end_automation", {"target": None})])
    tag = make_tag("Nobody listens")
    contacts = iter(_fresh_contacts(40_000 // scale))

    def save() -> None:
        ContactTag(contact_id=next(contacts), tag=tag).save()

    def bare() -> None:
        with _nobody_connected():
            save()

    save()
    ours, alone = in_turn(save, bare, rounds=40, inner=200 // scale)
    yield Row("tag save nobody listens to, 1,000 automations / save alone", ours * 1e3, alone * 1e3, "ms", 1.15)


def one_entry(scale: int) -> Iterator[Row]:
    clear()
    tag = make_tag("One entry")
    make_automations(1, [tag.pk], [step("end_automation", {"target": None})])
    automation = Automation.objects.get()
    contacts = iter(_fresh_contacts(20_000 // scale))

    def enter() -> None:
        ContactTag(contact_id=next(contacts), tag=tag).save()

    def bare() -> None:
        with _nobody_connected(), transaction.atomic():
            contact = next(contacts)
            ContactTag(contact_id=contact, tag=tag).save()
            Enrollment(automation=automation, contact_id=contact, step_key="x", due_at=timezone.now()).save()

    enter()
    ours, alone = in_turn(enter, bare, rounds=30, inner=100 // scale)
    yield Row("one entry / the bare save and one insert", ours * 1e3, alone * 1e3, "ms", 2)


def bulk_entry(scale: int) -> Iterator[Row]:
    clear()
    count, tag = 100_000 // scale, make_tag("Bulk entry")
    (automation,) = make_automations(1, [tag.pk], [step("end_automation", {"target": None})])
    ids: list[int] = []

    def fresh() -> None:
        ids[:] = _fresh_contacts(count)

    def ours() -> None:
        tag_contacts(contacts=ids, tag=tag)

    def bare() -> None:
        _bare_bulk(automation, tag.pk, min(ids), max(ids))

    first, second = in_turn(ours, bare, rounds=3, between=fresh)
    yield Row(f"{count:,} contacts tagged in bulk and entered / raw INSERT SELECT", first, second, "s ", 3)


@transaction.atomic
def _bare_bulk(automation: int, tag: int, low: int, high: int) -> None:
    now, span = timezone.now(), " FROM contacts_contact WHERE id BETWEEN %s AND %s"
    for sql, params in (
        ("INSERT INTO contacts_contacttag (contact_id, tag_id, created_at) SELECT id, %s, %s", [tag, now]),
        (
            "INSERT INTO contacts_tagchange (contact_id, tag_id, added, at, source, user_id)"
            " SELECT id, %s, true, %s, 'system', null",
            [tag, now],
        ),
        (
            "INSERT INTO automations_enrollment (automation_id, contact_id, number, status, step_key, arrived,"
            " visit, due_at, attempts, error, trigger_key, event, chain, entered_at, exit_reason)"
            " SELECT %s, id, 1, 'active', 'x', false, 1, %s, 0, '', 'k', '{}', '[]', %s, ''",
            [automation, now, now],
        ),
    ):
        with connection.cursor() as cursor:
            cursor.execute(sql + span, [*params, low, high])


def _chain() -> list[dict]:
    CustomField.objects.get_or_create(key="colour", defaults={"label": "Colour", "type": "text"})
    is_ann = {"match": "all", "conditions": [{"type": "field", "field": "first_name", "op": "is", "value": "Ann"}]}
    choose = step("if_else", {"conditions": is_ann})
    update = step("update_field", {"field": "colour", "op": "set", "value": "red"}, choose["key"], "yes")
    return [choose, update, step("end_automation", {"target": None}, update["key"], "next")]


def throughput(scale: int) -> Iterator[Row]:
    """Three steps a contact; the bare loop claims, logs and updates the same batches once for each step."""
    clear()
    count, tag, steps = 100_000 // scale, make_tag("Throughput"), _chain()
    make_automations(1, [tag.pk], steps)

    def fill() -> None:
        Enrollment.objects.filter(status="active").update(status="exited", due_at=None)
        tag_contacts(contacts=_fresh_contacts(count), tag=tag)

    def ours() -> None:
        while run_due(now=timezone.now()):
            pass

    def bare() -> None:
        for _step in steps:
            now = timezone.now()
            while _bare_batch(now):
                pass

    fill()
    first = timed(ours)
    fill()
    second = timed(bare)
    rate = len(steps) * count
    yield Row(f"{count:,} contacts through if/else, update, end / raw claim and update", first, second, "s ", 4)
    yield Row("  the same as contact-steps per second (bare / ours)", rate / second, rate / first, "/s", None)


@transaction.atomic
def _bare_batch(now) -> int:
    visits = claim(now, 200)
    if visits:
        due = now + timedelta(microseconds=1)
        update_rows(Enrollment, "id", [visit.id for visit in visits], {"visit": 2, "due_at": due})
        insert_rows(
            StepLog,
            {
                "enrollment_id": [visit.id for visit in visits],
                "step_key": "x",
                "visit": 1,
                "outcome": "done",
                "detail": "",
                "at": now,
            },
            size=len(visits),
        )
    return len(visits)


def growth_automations(scale: int) -> Iterator[Row]:
    """The same event, one automation listening, among ever more active ones that listen to something else."""
    clear()
    tag, others = make_tag("Growth"), [make_tag(f"Other {number}").pk for number in range(50)]
    make_automations(1, [tag.pk], [step("end_automation", {"target": None})])
    rest = make_automations(999, others, [step("end_automation", {"target": None})])
    rounds, inner = 15, 100 // scale
    contacts = iter(_fresh_contacts(4 * (rounds + 1) * (inner + 1)))

    def enter() -> None:
        ContactTag(contact_id=next(contacts), tag=tag).save()

    def among(count: int) -> None:
        active = rest[: count - 1]
        Automation.objects.filter(pk__in=active).update(is_active=True)
        Automation.objects.filter(pk__in=rest[count - 1 :]).update(is_active=False)
        touch_index()
        forget_index()
        enter()  # reads the index

    times = fastest((1, 10, 100, 1_000), enter, among, rounds=rounds, inner=inner)
    for count, seconds in times.items():
        limit = 1.2 if count > 1 else None
        yield Row(f"one entry among {count:,} automations / among 1", seconds * 1e3, times[1] * 1e3, "ms", limit)


def growth_waiting(scale: int) -> Iterator[Row]:
    """The same 2,000 due contacts, with ever more that wait.

    Read blocks say that the claim itself costs the same (7 at 10,000 and at 100,000, 17 at 400,000, where
    the index is a level deeper). Times at one size differ by more than the limit between two runs of a
    few rounds: what earlier rounds left dead is vacuumed away, the first rounds after it don't count.
    """
    clear()
    tag, steps = make_tag("Waiting"), _chain()
    (automation,) = make_automations(1, [tag.pk], steps)
    waiting, base = 0, 0.0

    def fill(_count: int) -> None:
        tag_contacts(contacts=_fresh_contacts(2_000), tag=tag)

    for count in (10_000, 100_000, 1_000_000):
        count //= scale
        while waiting < count:
            part = min(50_000, count - waiting)
            _park_waiting(automation, steps[0]["key"], _fresh_contacts(part))
            waiting += part
        _tidy()
        fastest((count,), _drain, fill, rounds=2, inner=1)
        seconds = fastest((count,), _drain, fill, rounds=15, inner=1)[count]
        base = base or seconds
        limit = 1.2 if count > 10_000 // scale else None
        yield Row(f"2,000 due among {count:,} waiting / among {10_000 // scale:,}", seconds, base, "s ", limit)


def _park_waiting(automation: int, key: str, ids: list[int]) -> None:
    later = timezone.now() + timedelta(days=30)
    insert_rows(
        Enrollment,
        {
            "automation_id": automation, "contact_id": ids, "number": 1, "status": "active", "step_key": key,
            "arrived": True, "visit": 1, "due_at": later, "attempts": 0, "error": "", "trigger_key": "k",
            "event": {}, "chain": (), "entered_at": timezone.now(), "exit_reason": "",
        },
        size=len(ids),
    )  # fmt: skip


def _drain() -> None:
    while run_due(now=timezone.now()):
        pass


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _tidy() -> None:
    """As autovacuum would, but before the measure and not in the middle of it."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def campaign(scale: int) -> Iterator[Row]:
    """A campaign's recipients put into the ledger, batch by batch, none of them sent."""
    clear()
    count = 100_000 // scale
    news = List.objects.get_or_create(name="Bench")[0]
    ids = _fresh_contacts(count)
    insert_rows(
        Subscription,
        {
            "contact_id": ids, "list_id": news.pk, "status": "active", "source": "system",
            "created_at": timezone.now(), "changed_at": timezone.now(),
        },
        size=count,
        ignore_conflicts=True,
    )  # fmt: skip
    _analyze()
    made: list[Campaign] = []

    def fresh() -> None:
        Campaign.objects.filter(pk__in=[row.pk for row in made]).delete()
        values = {"name": "Bench", "subject": "Bench", "html": "<p>Bench</p>"}
        made[:] = [save_campaign(values=values, lists=[news])]

    def ours() -> None:
        start_campaign(campaign=made[0])
        while Campaign.objects.filter(pk=made[0].pk, expanded_at=None).exists():
            run_campaigns(now=timezone.now())

    def bare() -> None:
        _bare_campaign(made[0].pk, news.pk)

    first, second = in_turn(ours, bare, rounds=3, between=fresh)
    fresh()
    made[0].delete()
    # On SQLite the bare statement never leaves the process; what a batch costs there is Python and JSON.
    limit = 3 if connection.vendor == "postgresql" else None
    yield Row(
        f"{count:,} recipients of a campaign into the ledger / raw INSERT SELECT", first, second, "s ", limit
    )


@transaction.atomic
def _bare_campaign(campaign: int, news: int) -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO automations_delivery (channel, campaign_id, contact_id, lane, step_key, visit, target,"
            " subject, payload, status, skip_reason, error, attempts, message_id, created_at, due_at)"
            " SELECT 'email', %s, contact_id, 1, '', 0, '', 'Bench', '{}', 'pending', '', '', 0, '', %s, %s"
            " FROM contacts_subscription WHERE list_id = %s AND status = 'active'",
            [campaign, now, now, news],
        )


BENCHMARKS: dict[str, Callable[[int], Iterator[Row]]] = {
    "a": nobody_listens,
    "b": one_entry,
    "c": bulk_entry,
    "d": throughput,
    "e": growth_automations,
    "f": growth_waiting,
    "i": campaign,
}
