"""Points by rules: at once for events; by the worker where conditions come true.

A rule with conditions keeps a row for each contact who meets them, or did (ScoreRuleState): news about
a contact queues a check, the worker asks the rules concerned, and whoever has come to meet one since
the last check gets its points. Conditions on time are asked of everyone by a schedule.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.utils import timezone

from automations.conditions.base import Moment
from automations.conditions.tree import contacts_meeting, tree_changes_with_time, tree_events
from automations.events import Event, EventKind
from automations.models import Account, RuleCheck, ScoreRule, ScoreRuleState
from contacts.bulk import chunks, id_set, insert_rows
from contacts.models import Contact
from contacts.origin import Origin, Source, caused_by, current_origin
from contacts.services import adjust_scores

from .responders import Responder, register_responders, register_watcher
from .wake import wake_worker


def give_points(*, rule: ScoreRule, contacts: Sequence[int], now: datetime, reason: str = "") -> int:
    """Count the rule for each contact and give its points to those within its limit; returns how many."""
    given, reason = 0, reason or rule.describe()
    for chunk in chunks(sorted(set(contacts))):
        ids = _within_limit(rule, list(chunk))
        expires = now + timedelta(days=rule.expires_days) if rule.expires_days else None
        changes = adjust_scores(
            contacts=ids, score=rule.score_id, points=rule.points,
            reason=reason, rule_id=rule.pk, expires_at=expires,
        )  # fmt: skip
        given += len(changes)
    return given


def _within_limit(rule: ScoreRule, ids: list[int]) -> list[int]:
    if rule.limit is None and rule.trigger:
        return ids  # nobody asks how often
    rows = insert_rows(
        ScoreRuleState,
        {"rule_id": rule.pk, "contact_id": ids, "times": 1, "met": not rule.trigger},
        size=len(ids),
        update_on=(["rule", "contact"], ["times", "met"]),
        adding=["times"],
        returning=["contact_id", "times"],
    )
    return sorted(contact for contact, times in rows if rule.limit is None or times <= rule.limit)


# --- Rules for events --------------------------------------------------------------------------


def _event_rules() -> Iterable[Responder]:
    account = Account.current()
    for rule in ScoreRule.at_work().exclude(trigger="").select_related("score"):
        trigger = rule.as_trigger()
        if trigger is not None and trigger.availability.allows(account.plan, account.addons):
            yield Responder(rule.token, trigger, _Give(rule))


class _Give:
    def __init__(self, rule: ScoreRule) -> None:
        # The sentence costs queries: once for each index, not for each event.
        self.rule, self.reason = rule, rule.describe()

    def __call__(self, contacts: Sequence[int], event: Event) -> None:
        give_points(rule=self.rule, contacts=contacts, now=event.at, reason=self.reason)


# --- Rules for conditions ----------------------------------------------------------------------


def _kinds() -> Iterable[EventKind]:
    for rule in ScoreRule.at_work().filter(trigger=""):
        yield from tree_events(rule.conditions)


def queue_checks(event: Event) -> None:
    """Let the worker ask the rules with conditions about the event's contacts; one insert."""
    columns = {
        "contact_id": list(event.contact_ids),
        "kind": event.kind.name,
        # A list holds one value for each row; they all have the same chain.
        "chain": [list(event.origin.rules)] * len(event.contact_ids),
        "at": event.at,
    }
    insert_rows(RuleCheck, columns, size=len(event.contact_ids))
    wake_worker()


def run_checks(*, now: datetime) -> int:
    """Rules that are new first, then one batch of checks; returns how much was done."""
    return _make_baselines(now) + _run_batch(now)


@transaction.atomic
def _make_baselines(now: datetime) -> int:
    """Who meets a rule's conditions as it begins gets no points for that."""
    rules = (
        ScoreRule.at_work()
        .filter(trigger="", baseline_at=None)
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
    )
    done = 0
    for rule in rules:
        ScoreRuleState.objects.filter(rule=rule, met=True).update(met=False)
        _mark_all_who_meet(rule, _moment(now))
        ScoreRule.objects.filter(pk=rule.pk).update(baseline_at=now)
        done += 1
    return done


def _mark_all_who_meet(rule: ScoreRule, moment: Moment) -> None:
    """One INSERT … SELECT, however many they are."""
    found = contacts_meeting(rule.conditions, moment).order_by().values("id")
    try:
        sql, params = found.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return
    table = connection.ops.quote_name(ScoreRuleState._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (rule_id, contact_id, times, met) "  # noqa: S608 the table is ours
            f"SELECT %s, found.id, 0, %s FROM ({sql}) AS found WHERE true "
            "ON CONFLICT (rule_id, contact_id) DO UPDATE SET met = excluded.met",
            [rule.pk, True, *params],
        )


@transaction.atomic
def _run_batch(now: datetime) -> int:
    rows = RuleCheck.objects.order_by("pk").select_for_update(skip_locked=True)
    taken = list(rows[: settings.ENGINE_BATCH_SIZE * 2].values_list("pk", "contact_id", "kind", "chain"))
    if not taken:
        return 0
    groups: dict[tuple[str, ...], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for _pk, contact, kind, chain in taken:
        groups[tuple(chain)][kind].add(contact)
    rules = _locked_rules()
    for chain, by_kind in groups.items():
        for rule in rules:
            names = {kind.name for kind in tree_events(rule.conditions)}
            contacts = {contact for kind, found in by_kind.items() if kind in names for contact in found}
            if contacts:
                settle(rule=rule, contacts=sorted(contacts), now=now, chain=chain)
    RuleCheck.objects.filter(pk__in=id_set([row[0] for row in taken]))._raw_delete("default")
    return len(taken)


def _locked_rules() -> list[ScoreRule]:
    """Rules that know their baseline. The lock keeps two workers from counting the same change twice."""
    rows = ScoreRule.at_work().filter(trigger="", baseline_at__isnull=False).select_related("score")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def sweep(*, now: datetime) -> int:
    """Ask the rules whose answer changes with time about everyone; returns how many got points."""
    given = 0
    with transaction.atomic():
        for rule in _locked_rules():
            if tree_changes_with_time(rule.conditions):
                given += settle(rule=rule, contacts=None, now=now)
    return given


def settle(*, rule: ScoreRule, contacts: Sequence[int] | None, now: datetime, chain: tuple[str, ...] = ()) -> int:
    """Give the rule's points to those (None: of all) who meet its conditions now and did not before.

    A rule in `chain` takes note of who meets it, and gives nothing: it caused the change itself.
    """
    meeting = contacts_meeting(rule.conditions, _moment(now)).order_by()
    known = ScoreRuleState.objects.filter(rule=rule, met=True)
    if contacts is not None:
        meeting = meeting.filter(pk__in=id_set(contacts))
        known = known.filter(contact__in=id_set(contacts))
    new = list(meeting.exclude(pk__in=ScoreRuleState.objects.filter(rule=rule, met=True).values("contact_id"))
               .values_list("pk", flat=True))  # fmt: skip
    known.exclude(contact__in=meeting.values("pk")).update(met=False)
    if not new:
        return 0
    if rule.token in chain:
        _note_met(rule, new)
        return 0
    with caused_by(Origin(source=Source.SYSTEM, rules=(*chain, rule.token))):
        return give_points(rule=rule, contacts=new, now=now)


def _note_met(rule: ScoreRule, ids: list[int]) -> None:
    columns = {"rule_id": rule.pk, "contact_id": ids, "times": 0, "met": True}
    insert_rows(ScoreRuleState, columns, size=len(ids), update_on=(["rule", "contact"], ["met"]))


def give_to_those_who_meet(*, rule: ScoreRule, contacts: Sequence[int]) -> int:
    """“Also everyone who meets it now”, for those of `contacts` for whom the rule never counted."""
    moment = _moment(timezone.now())
    counted = ScoreRuleState.objects.filter(rule=rule, times__gt=0).values("contact_id")
    rows: Iterable[int] = (
        contacts_meeting(rule.conditions, moment).filter(pk__in=id_set(contacts)).exclude(pk__in=counted)
        .order_by().values_list("pk", flat=True)
    )  # fmt: skip
    origin = current_origin()
    with caused_by(replace(origin, rules=(*origin.rules, rule.token))):
        return give_points(rule=rule, contacts=list(rows), now=moment.now)


def never_counted(rule: ScoreRule) -> list[int]:
    """Ids of all who meet a rule's conditions now, and for whom it never counted."""
    counted = ScoreRuleState.objects.filter(rule=rule, times__gt=0).values("contact_id")
    rows = contacts_meeting(rule.conditions, _moment(timezone.now())).exclude(pk__in=counted)
    return list(rows.order_by().values_list("pk", flat=True))


def merge_states(keep: Contact, drop: Contact) -> None:
    """Counts are added, so that what counted once for either does not count again."""
    rows = list(ScoreRuleState.objects.filter(contact=drop).values_list("rule_id", "times", "met"))
    for met, fields in ((True, ["times", "met"]), (False, ["times"])):
        group = [row for row in rows if row[2] == met]
        columns = {
            "rule_id": [row[0] for row in group],
            "contact_id": keep.pk,
            "times": [row[1] for row in group],
            "met": met,
        }
        conflict = (["rule", "contact"], fields)
        insert_rows(ScoreRuleState, columns, size=len(group), update_on=conflict, adding=["times"])


def _moment(now: datetime) -> Moment:
    return Moment(now=now, zone=Account.current().zone)


register_responders(_event_rules)
register_watcher(_kinds)
