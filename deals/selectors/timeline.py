"""Everything that happened to a deal, and what a contact's timeline tells of deals and tasks."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.models import Account, Contact
from contacts.origin import Source
from contacts.selectors.fields import fields_of
from contacts.selectors.timeline import Cursor, Entry, Provider, register_provider, rows_before
from deals import facts
from deals.models import Deal, DealChange, DealNote, DealScoreChange, DealStatus, Pipeline, Stage, Task
from deals.money import shown


class Names:
    """What the canonical texts of changes stand for, read for a whole page at once."""

    def __init__(self, rows: Sequence[DealChange]) -> None:
        users = get_user_model()._default_manager
        models: dict[str, Any] = {
            facts.STAGE: Stage.objects, facts.PIPELINE: Pipeline.objects, facts.OWNER: users,
            facts.CONTACT: Contact.objects, facts.ACCOUNT: Account.objects,
        }  # fmt: skip
        self.found: dict[str, dict[str, str]] = {}
        for name, manager in models.items():
            ids = {int(text) for row in rows if row.field == name for text in (row.old, row.new) if text}
            if ids:
                self.found[name] = {str(record.pk): str(record) for record in manager.filter(pk__in=ids)}
        self.statuses = {str(value): str(label) for value, label in DealStatus.choices}
        custom = any(row.field not in facts.NAMES for row in rows)
        self.labels = {key: field.label for key, field in fields_of("deal").items()} if custom else {}

    def label(self, name: str) -> str:
        labels = {
            facts.TITLE: _("Title"), facts.VALUE: _("Value"), facts.OWNER: _("Owner"), facts.STATUS: _("Status"),
            facts.STAGE: _("Stage"), facts.PIPELINE: _("Pipeline"), facts.EXPECTED_CLOSE: _("Expected close date"),
            facts.ACCOUNT: _("Account"),
        }  # fmt: skip
        return labels.get(name) or self.labels.get(name, name)

    def text(self, name: str, text: str) -> str:
        """The canonical text as people read it; what is gone keeps its id."""
        if not text:
            return ""
        if name == facts.VALUE:
            amount, _space, currency = text.partition(" ")
            return shown(amount, currency)
        if name == facts.STATUS:
            return self.statuses.get(text, text)
        if name == facts.EXPECTED_CLOSE:
            return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT")
        if name in self.found:
            return self.found[name].get(text, f"#{text}")
        flat = ", ".join(text.splitlines())
        return flat if len(flat) <= 120 else f"{flat[:119]}…"


ICONS = {
    facts.VALUE: "payments", facts.OWNER: "person", facts.STAGE: "view_kanban", facts.PIPELINE: "conversion_path",
    facts.EXPECTED_CLOSE: "event", facts.CONTACT: "group",
}  # fmt: skip
STATUS_ICONS = {DealStatus.WON: "trophy", DealStatus.LOST: "cancel", DealStatus.OPEN: "restart_alt"}


def title_of(row: DealChange, names: Names) -> str:
    """One sentence that says what changed."""
    old, new = names.text(row.field, row.old), names.text(row.field, row.new)
    if row.field == facts.CONTACT:
        return _("%s takes part.") % new if row.new else _("%s no longer takes part.") % old
    if row.field == facts.PIPELINE and not row.old:
        return _("The deal was made in “%s”.") % new
    if row.field == facts.STATUS:
        titles = {DealStatus.WON: _("The deal was won."), DealStatus.LOST: _("The deal was lost.")}
        return titles.get(row.new, _("The deal was opened again."))  # type: ignore[call-overload, no-any-return]
    label = names.label(row.field)
    if not old:
        return _("%(field)s was set to “%(new)s”.") % {"field": label, "new": new}
    if not new:
        return _("%(field)s was emptied; it was “%(old)s”.") % {"field": label, "old": old}
    return _("%(field)s was changed from “%(old)s” to “%(new)s”.") % {"field": label, "old": old, "new": new}


def icon_of(row: DealChange) -> str:
    if row.field == facts.STATUS:
        return STATUS_ICONS.get(row.new, "flag")  # type: ignore[call-overload, no-any-return]
    if row.field == facts.PIPELINE and not row.old:
        return "add_circle"
    return ICONS.get(row.field, "edit")


def _changes(deal: Deal, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = list(rows_before(DealChange.objects.filter(deal=deal), "changes", cursor, size))
    names = Names(rows)
    for row in rows:
        yield Entry(
            row.at, row.pk, icon_of(row), title_of(row, names), source=row.source, user_id=row.user_id
        )  # fmt: skip


def _notes(deal: Deal, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    for row in rows_before(DealNote.objects.filter(deal=deal), "notes", cursor, size, "created_at"):
        yield Entry(
            row.created_at, row.pk, "sticky_note_2", _("A note was written."),
            text=row.text, source=Source.ADMIN if row.author_id else "", user_id=row.author_id,
        )  # fmt: skip


def _points(deal: Deal, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = DealScoreChange.objects.filter(deal=deal).select_related("score")
    for row in rows_before(rows, "scores", cursor, size):
        yield Entry(
            row.at, row.pk, "trending_up" if row.new > row.old else "trending_down",
            _("%(score)s went from %(old)d to %(new)d points.") % {
                "score": row.score, "old": row.old, "new": row.new,
            },
            text=row.reason, source=row.source, user_id=row.user_id,
        )  # fmt: skip


def _made(tasks: QuerySet[Task], size: int, cursor: Cursor | None) -> Iterable[Entry]:
    for task in rows_before(tasks.select_related("type"), "tasks", cursor, size, "created_at"):
        yield Entry(
            task.created_at, task.pk, task.type.icon, _("A task was planned: “%s”.") % task,
            url=reverse("admin:deals_task_change", args=[task.pk]),
        )  # fmt: skip


def _done(tasks: QuerySet[Task], size: int, cursor: Cursor | None) -> Iterable[Entry]:
    done = tasks.filter(done_at__isnull=False).select_related("outcome")
    for task in rows_before(done, "tasks done", cursor, size, "done_at"):
        yield Entry(
            task.done_at, task.pk, "task_alt", _("The task “%s” was completed.") % task,
            text=str(task.outcome or ""), user_id=task.done_by_id,
            url=reverse("admin:deals_task_change", args=[task.pk]),
        )  # fmt: skip


def _of_contact(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    """What became of the deals that the contact takes part in."""
    told = (facts.PIPELINE, facts.STAGE, facts.STATUS)
    changes = DealChange.objects.filter(deal__participants__contact=contact, field__in=told)
    rows = list(rows_before(changes.select_related("deal"), "deals", cursor, size))
    names = Names(rows)
    for row in rows:
        yield Entry(
            row.at, row.pk, icon_of(row), _("Deal “%(deal)s”: %(what)s") % {
                "deal": row.deal, "what": title_of(row, names),
            },
            source=row.source, user_id=row.user_id, url=reverse("admin:deals_deal_change", args=[row.deal_id]),
        )  # fmt: skip


def _tasks_of(field: str) -> tuple[Provider, Provider]:
    """What was planned, and what was done, about the record that `field` of a task points to."""

    def planned(record: Any, size: int, cursor: Cursor | None) -> Iterable[Entry]:
        return _made(Task.objects.filter(**{field: record}), size, cursor)

    def done(record: Any, size: int, cursor: Cursor | None) -> Iterable[Entry]:
        return _done(Task.objects.filter(**{field: record}), size, cursor)

    return planned, done


register_provider("changes", _changes, Deal)
register_provider("notes", _notes, Deal)
register_provider("scores", _points, Deal)
register_provider("deals", _of_contact, Contact)
for _model, _field in ((Deal, "deal"), (Contact, "contact")):
    _planned, _finished = _tasks_of(_field)
    register_provider("tasks", _planned, _model)
    register_provider("tasks done", _finished, _model)
