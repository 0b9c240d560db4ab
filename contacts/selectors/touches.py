"""Touches: what brought a contact here. Providers each know one kind, as the timeline's do."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from contacts.bulk import id_set
from contacts.models import Contact, EmailActivity, EventRecord, FormSubmission, PageVisit, TrackedDomain
from contacts.models.engagement import EmailAction
from contacts.pages import host_of

#: What happens within this time before a conversion is the conversion itself, not what led to it.
MARGIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Touch:
    """`label` is what reports group by: “E-mail: Spring sale”, “google / cpc”, “Form: Demo”."""

    at: datetime
    label: str


#: For contacts and a moment: (contact id, touch) of at least the first and the last before it, each.
Provider = Callable[[Collection[int], datetime], Iterable[tuple[int, Touch]]]
_providers: dict[str, Provider] = {}


def register_touches(name: str, provider: Provider) -> None:
    """ValueError where the name is taken."""
    if name in _providers:
        raise ValueError(f"A provider of touches “{name}” is registered already.")
    _providers[name] = provider


def first_and_last(contact_ids: Collection[int], before: datetime) -> Mapping[int, tuple[Touch, Touch]]:
    """{contact id: (first, last touch)} of those who had any; a fixed number of queries a provider."""
    found: dict[int, tuple[Touch, Touch]] = {}
    for provider in _providers.values():
        for contact, touch in provider(contact_ids, before - MARGIN):
            first, last = found.get(contact, (touch, touch))
            found[contact] = (touch if touch.at < first.at else first, touch if touch.at >= last.at else last)
    return found


def ends_of(rows: QuerySet[Any], contact_ids: Collection[int], before: datetime) -> list[Any]:
    """What most providers need: each contact's first and last of `rows`, through an index on (contact, at)."""
    own = rows.filter(contact=OuterRef("pk"), at__lte=before)
    pairs = (
        Contact.objects.filter(pk__in=id_set(contact_ids))
        .order_by()
        .values_list(Subquery(own.order_by("at", "pk").values("pk")[:1]),
                     Subquery(own.order_by("-at", "-pk").values("pk")[:1]))
    )  # fmt: skip
    ids = {pk for pair in pairs for pk in pair if pk}
    return list(rows.filter(pk__in=id_set(ids)))


def _events(contact_ids: Collection[int], before: datetime) -> Iterable[tuple[int, Touch]]:
    for row in ends_of(EventRecord.objects.select_related("event"), contact_ids, before):
        yield row.contact_id, Touch(row.at, row.event.name)


def _clicks(contact_ids: Collection[int], before: datetime) -> Iterable[tuple[int, Touch]]:
    rows = EmailActivity.objects.filter(action=EmailAction.CLICK, machine=False).select_related("email")
    for row in ends_of(rows, contact_ids, before):
        yield row.contact_id, Touch(row.at, _("E-mail: %s") % row.email.subject)


def _forms(contact_ids: Collection[int], before: datetime) -> Iterable[tuple[int, Touch]]:
    rows = FormSubmission.objects.filter(confirmed_at__isnull=False).select_related("form")
    for row in ends_of(rows, contact_ids, before):
        yield row.contact_id, Touch(row.at, _("Form: %s") % row.form.name)


def _visits(contact_ids: Collection[int], before: datetime) -> Iterable[tuple[int, Touch]]:
    """Visits that came from elsewhere: by a link with utm parameters, or from a site that is not ours."""
    names = "|".join(map(re.escape, TrackedDomain.objects.values_list("domain", flat=True)))
    ours = (
        Q(referrer="") | Q(referrer__iregex=rf"^https?://([^/]*\.)?({names})([:/]|$)") if names else Q(referrer="")
    )
    rows = PageVisit.objects.filter(Q(url__contains="utm_source=") | ~ours)
    for row in ends_of(rows, contact_ids, before):
        yield row.contact_id or 0, Touch(row.at, _origin_of(row))


def _origin_of(visit: PageVisit) -> str:
    given = dict(parse_qsl(urlsplit(visit.url).query))
    names = [given.get(f"utm_{part}", "") for part in ("source", "medium", "campaign")]
    if names[0]:
        return " / ".join(filter(None, names))
    return _("Site: %s") % host_of(visit.referrer)


register_touches("clicks", _clicks)
register_touches("events", _events)
register_touches("forms", _forms)
register_touches("visits", _visits)
