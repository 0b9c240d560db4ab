"""Everything that happened to a contact, or another record, newest first.

Entries come from providers that each know one kind of thing.
"""

import base64
import binascii
import heapq
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from contacts.connectors import CONNECTORS
from contacts.entities import entity_of_model
from contacts.models import (
    AppReceipt,
    Contact,
    ConversionRecord,
    EmailActivity,
    EmailReply,
    EventRecord,
    FormSubmission,
    Note,
    PageVisit,
    ScoreChange,
    SentEmail,
    SiteMessageFact,
    SubscriptionChange,
    TagChange,
)
from contacts.models.engagement import EmailAction
from contacts.models.lists import SubscriptionStatus
from contacts.origin import Source
from contacts.selectors.fields import fields_of

PAGE = 30


@dataclass(slots=True)
class Entry:
    """`icon` is a Material symbol; `title` a whole sentence; `text` what may stand below it.

    `actor` is filled in by `timeline`, from `source` and `user_id`.
    """

    at: datetime
    pk: int
    icon: str
    title: str
    text: str = ""
    source: str = ""
    user_id: int | None = None
    url: str = ""
    provider: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last entry that was shown: what follows is older, or as old and after it in (provider, id)."""

    at: datetime
    provider: str
    pk: int

    def encode(self) -> str:
        raw = json.dumps([self.at.isoformat(), self.provider, self.pk])
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """ValidationError where the text is none of ours."""
        try:
            at, provider, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None or not isinstance(provider, str) or not isinstance(pk, int):
                raise ValueError
        except (ValueError, TypeError, binascii.Error):
            raise ValidationError(_("The cursor is not valid; begin at the first page.")) from None
        return cls(moment, provider, pk)

    def older(self, provider: str, at: str = "at") -> Q:
        """The filter on a provider's rows, whose time is in the column `at`."""
        if provider > self.provider:
            return Q(**{f"{at}__lt": self.at})
        if provider < self.provider:
            return Q(**{f"{at}__lte": self.at})
        return Q(**{f"{at}__lt": self.at}) | Q(**{at: self.at, "pk__lt": self.pk})


@dataclass(slots=True)
class Page:
    entries: list[Entry] = field(default_factory=list)
    next: str = ""


# (record, rows wanted, cursor of the page before) -> at most that many entries, newest first, in a
# fixed number of queries. Entries of one moment are ordered by id, the highest first.
Provider = Callable[[Any, int, Cursor | None], Iterable[Entry]]

_providers: dict[type[Model], dict[str, Provider]] = defaultdict(dict)


def register_provider(name: str, provider: Provider, model: type[Model] = Contact) -> None:
    """ValueError where the name is taken. Names order entries of the same moment."""
    if name in _providers[model]:
        raise ValueError(f"A timeline provider “{name}” is registered already.")
    _providers[model][name] = provider


def timeline(*, contact: Contact, cursor: str = "", size: int = PAGE) -> Page:
    return timeline_of(record=contact, cursor=cursor, size=size)


def timeline_of(*, record: Model, cursor: str = "", size: int = PAGE) -> Page:
    """A page of the timeline; `next` is the cursor of the following one, "" at the end."""
    after = Cursor.decode(cursor) if cursor else None
    found: list[Entry] = []
    for name, provider in _providers[type(record)].items():
        for entry in provider(record, size + 1, after):
            entry.provider = name
            found.append(entry)
    entries = heapq.nlargest(size + 1, found, key=lambda e: (e.at, e.provider, e.pk))
    more, entries = len(entries) > size, entries[:size]
    _name_actors(entries)
    last = entries[-1] if more else None
    return Page(entries, Cursor(last.at, last.provider, last.pk).encode() if last else "")


def rows_before(
    rows: QuerySet[Any], provider: str, cursor: Cursor | None, size: int, at: str = "at"
) -> QuerySet[Any]:
    """What most providers do: the newest `size` rows after the cursor."""
    if cursor:
        rows = rows.filter(cursor.older(provider, at))
    return rows.order_by(f"-{at}", "-pk")[:size]


def _name_actors(entries: list[Entry]) -> None:
    ids = {entry.user_id for entry in entries if entry.user_id}
    users = {user.pk: str(user) for user in get_user_model()._default_manager.filter(pk__in=ids)}
    labels = dict(Source.choices)
    for entry in entries:
        source = str(labels.get(entry.source, entry.source))
        entry.actor = users.get(entry.user_id or 0, source)
        if entry.user_id in users and entry.source != Source.ADMIN and source:
            entry.actor = f"{users[entry.user_id]} ({source})"


def _created(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows: QuerySet[Model] = Contact.objects.filter(pk=contact.pk)
    for row in rows_before(rows, "created", cursor, size, "created_at"):
        yield Entry(row.created_at, row.pk, "person_add", _("The contact was created."))


def _tags(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = TagChange.objects.filter(contact=contact).select_related("tag")
    for row in rows_before(rows, "tags", cursor, size):
        title = _("The tag “%s” was added.") if row.added else _("The tag “%s” was removed.")
        yield Entry(
            row.at, row.pk, "new_label" if row.added else "label_off", title % row.tag,
            source=row.source, user_id=row.user_id,
        )  # fmt: skip


def _subscription_title(status: str) -> str:
    titles = {
        SubscriptionStatus.ACTIVE: _("Subscribed to “%s”."),
        SubscriptionStatus.UNCONFIRMED: _("Asked to confirm the subscription to “%s”."),
        SubscriptionStatus.UNSUBSCRIBED: _("Unsubscribed from “%s”."),
        SubscriptionStatus.BOUNCED: _("Bounced; no longer subscribed to “%s”."),
    }
    return titles[SubscriptionStatus(status)]


SUBSCRIPTION_ICONS: Mapping[str, str] = {
    SubscriptionStatus.ACTIVE: "mark_email_read",
    SubscriptionStatus.UNCONFIRMED: "schedule_send",
    SubscriptionStatus.UNSUBSCRIBED: "unsubscribe",
    SubscriptionStatus.BOUNCED: "error",
}


def _subscriptions(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = SubscriptionChange.objects.filter(contact=contact).select_related("list")
    for row in rows_before(rows, "subscriptions", cursor, size):
        yield Entry(
            row.at, row.pk, SUBSCRIPTION_ICONS[row.new], _subscription_title(row.new) % row.list,
            text=row.reason, source=row.source, user_id=row.user_id,
        )  # fmt: skip


def field_entries(record: Any, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    """The provider of changed fields, of any record that has fields."""
    entity = entity_of_model(type(record))
    rows = list(
        rows_before(entity.facts._default_manager.filter(**{entity.owner: record}), "fields", cursor, size)
    )
    labels = {key: str(field.label) for key, field in entity.standard.items()}
    labels |= {key: field.label for key, field in fields_of(record.scope).items()}
    of_users = {key for key, field in entity.standard.items() if field.of_users}
    users = {text for row in rows if row.field in of_users for text in (row.old, row.new) if text}
    names = {str(u.pk): str(u) for u in get_user_model()._default_manager.filter(pk__in=users)} if users else {}
    for row in rows:
        label = labels.get(row.field, row.field)
        old, new = (
            _short(names.get(text, text) if row.field in of_users else text) for text in (row.old, row.new)
        )
        yield Entry(
            row.at, row.pk, "edit", _field_title(old, new) % {"field": label, "old": old, "new": new},
            source=row.source, user_id=row.user_id,
        )  # fmt: skip


def _field_title(old: str, new: str) -> str:
    if not old:
        return _("%(field)s was set to “%(new)s”.")
    if not new:
        return _("%(field)s was emptied; it was “%(old)s”.")
    return _("%(field)s was changed from “%(old)s” to “%(new)s”.")


def _short(text: str) -> str:
    flat = ", ".join(text.splitlines())
    return flat if len(flat) <= 120 else flat[:119] + "…"


def _notes(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    for row in rows_before(Note.objects.filter(contact=contact), "notes", cursor, size, "created_at"):
        yield Entry(
            row.created_at, row.pk, "sticky_note_2", _("A note was written."),
            text=row.text, source=Source.ADMIN if row.author_id else "", user_id=row.author_id,
        )  # fmt: skip


def _forms(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = FormSubmission.objects.filter(contact=contact).select_related("form")
    for row in rows_before(rows, "forms", cursor, size):
        yield Entry(
            row.at, row.pk, "dynamic_form", _("Submitted the form “%s”.") % row.form,
            text=row.get_status_display(), source=Source.FORM,
        )  # fmt: skip


def _events(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = EventRecord.objects.filter(contact=contact).select_related("event")
    for row in rows_before(rows, "events", cursor, size):
        yield Entry(
            row.at, row.pk, "bolt", _("Did “%s”.") % row.event,
            text=row.value, source=row.source, user_id=row.user_id,
        )  # fmt: skip


def _emails(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    """Those that others sent; the ledger's have their own entries."""
    rows = SentEmail.objects.filter(contact=contact, sent_at__isnull=False, reference=None)
    for row in rows_before(rows, "emails", cursor, size, "sent_at"):
        assert row.sent_at is not None  # noqa: S101 the query asks for it
        yield Entry(row.sent_at, row.pk, "mail", _("The e-mail “%s” was sent.") % row.subject)


def _email_titles() -> dict[str, str]:
    return {
        EmailAction.DELIVERED: _("The e-mail “%s” was delivered."),
        EmailAction.OPEN: _("Opened the e-mail “%s”."),
        EmailAction.CLICK: _("Clicked a link of the e-mail “%s”."),
        EmailAction.SHARE: _("Shared the e-mail “%s”."),
        EmailAction.FORWARD: _("Forwarded the e-mail “%s”."),
        EmailAction.REPLY: _("Answered the e-mail “%s”."),
        EmailAction.BOUNCE: _("The e-mail “%s” bounced."),
        EmailAction.COMPLAINT: _("Reported the e-mail “%s” as spam."),
        EmailAction.UNSUBSCRIBE: _("Unsubscribed by the e-mail “%s”."),
    }


EMAIL_ICONS: Mapping[str, str] = {
    EmailAction.DELIVERED: "mark_email_read",
    EmailAction.OPEN: "drafts",
    EmailAction.CLICK: "ads_click",
    EmailAction.SHARE: "share",
    EmailAction.FORWARD: "forward_to_inbox",
    EmailAction.REPLY: "reply",
    EmailAction.BOUNCE: "error",
    EmailAction.COMPLAINT: "report",
    EmailAction.UNSUBSCRIBE: "unsubscribe",
}


def _email_activity(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    """What people did; what machines fetched is on the page of the e-mail."""
    rows = EmailActivity.objects.filter(contact=contact, machine=False).select_related("email")
    titles = _email_titles()
    for row in rows_before(rows, "email activity", cursor, size):
        yield Entry(
            row.at, row.pk, EMAIL_ICONS[row.action], titles[row.action] % row.email.subject,
            text=row.detail, source=row.source, user_id=row.user_id,
        )  # fmt: skip


def _visits(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    for row in rows_before(PageVisit.objects.filter(contact=contact), "visits", cursor, size):
        yield Entry(
            row.at, row.pk, "web", _("Visited “%s”.") % (row.title or row.page),
            text=row.url, source=row.source, user_id=row.user_id,
        )  # fmt: skip


def _site_messages(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    titles = {
        "shown": _("Saw the site message “%s”."),
        "dismissed": _("Closed the site message “%s”."),
        "clicked": _("Clicked the site message “%s”."),
    }
    rows = SiteMessageFact.objects.filter(contact=contact).select_related("message")
    for row in rows_before(rows, "site_messages", cursor, size):
        yield Entry(row.at, row.pk, "chat_bubble", titles[row.action] % row.message, source=row.source)


def _scores(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = ScoreChange.objects.filter(contact=contact).select_related("score")
    for row in rows_before(rows, "scores", cursor, size):
        title = _("%(score)s went from %(old)d to %(new)d points.")
        yield Entry(
            row.at, row.pk, "trending_up" if row.new > row.old else "trending_down",
            title % {"score": row.score, "old": row.old, "new": row.new},
            text=row.reason, source=row.source, user_id=row.user_id,
        )  # fmt: skip


def _conversions(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = ConversionRecord.objects.filter(contact=contact).select_related("conversion")
    for row in rows_before(rows, "conversions", cursor, size):
        title = _("Converted: “%(name)s”, %(value)s %(currency)s.") if row.value else _("Converted: “%(name)s”.")
        lines = [row.detail] if row.detail else []
        if row.first_touch:
            touches = {"first": row.first_touch, "last": row.last_touch}
            lines.append(_("First touch: %(first)s. Last touch: %(last)s.") % touches)
        yield Entry(
            row.at, row.pk, "paid",
            title % {"name": row.conversion, "value": row.value, "currency": row.currency},
            text="\n".join(lines), source=row.source, user_id=row.user_id,
        )  # fmt: skip


register_provider("conversions", _conversions)


def _apps(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = AppReceipt.objects.filter(contact=contact).select_related("app_source__connection")
    for row in rows_before(rows, "apps", cursor, size):
        app = CONNECTORS[row.app_source.connection.app]
        answers = row.data.get("answers") or {}
        yield Entry(
            row.at, row.pk, app.icon, app.happened % row.app_source,
            text="\n".join(f"{name}: {answer}" for name, answer in answers.items()),
            source=row.source, user_id=row.user_id,
        )  # fmt: skip


register_provider("apps", _apps)
register_provider("created", _created)


def _replies(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    for row in rows_before(EmailReply.objects.filter(contact=contact), "replies", cursor, size):
        yield Entry(
            row.at, row.pk, "chat", _("Wrote: “%s”") % (row.subject or _short(row.text)),
            text=row.text, source=Source.CONTACT,
        )  # fmt: skip


register_provider("email activity", _email_activity)
register_provider("replies", _replies)
register_provider("emails", _emails)
register_provider("events", _events)
register_provider("fields", field_entries)
register_provider("forms", _forms)
register_provider("notes", _notes)
register_provider("site_messages", _site_messages)
register_provider("scores", _scores)
register_provider("subscriptions", _subscriptions)
register_provider("tags", _tags)
register_provider("visits", _visits)
