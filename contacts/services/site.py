"""Site tracking: recording visits, and learning who a visitor is."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from contacts.bulk import chunks, id_set, insert_rows
from contacts.facts import PageVisited
from contacts.models import Contact, IdentifyCalls, PageVisit, TrackingSettings, Visitor
from contacts.models.site import MAX_TITLE
from contacts.pages import MAX_URL, clean_url, page_of, without_contact
from contacts.values import clean_email

from .changes import announce, current_facts, is_awaited
from .contacts import ContactDraft, save_contacts

#: Of the visits before a visitor became known, so many at most start automations; the last ones.
EARLIER_VISITS = 100
SEEN_EVERY = timedelta(hours=1)
BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is stored. Made by `clean_page`."""

    url: str
    title: str = ""
    referrer: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """For `record_visits`: a contact saw a page, at a time or now."""

    contact_id: int
    page: Page
    at: datetime | None = None


def clean_page(*, url: str, title: str = "", referrer: str = "") -> Page:
    """ValidationError by field. Titles are cut; a referrer that is no address is dropped."""
    try:
        address = without_contact(clean_url(url))
    except ValidationError as error:
        raise ValidationError({"url": error}) from None
    return Page(address, _storable(title)[:MAX_TITLE], _referrer(referrer))


def _storable(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\x00", " ").strip()


def _referrer(text: str) -> str:
    try:
        return without_contact(clean_url(text[: MAX_URL - 1]))
    except ValidationError:
        return ""


def hash_of_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def get_visitor(*, key: str) -> Visitor:
    """The visitor of this key: one query, and a write for a new one or once an hour."""
    hashed, now = hash_of_key(key), timezone.now()
    visitor = Visitor.objects.filter(key_hash=hashed).first()
    if visitor is None:
        visitor, _created = Visitor.objects.get_or_create(
            key_hash=hashed, defaults={"first_seen": now, "last_seen": now}
        )
    elif now - visitor.last_seen >= SEEN_EVERY:
        Visitor.objects.filter(pk=visitor.pk).update(last_seen=now)
    return visitor


def receive_visit(*, key: str, page: Page) -> None:
    """Record that the visitor of this key saw `page`: one statement where it is known and nobody listens."""
    if not is_awaited(PageVisited):
        if not _insert_visit(key, page):
            get_visitor(key=key)
            _insert_visit(key, page, fresh=False)
        return
    record_visit(visitor=get_visitor(key=key), page=page)


def _insert_visit(key: str, page: Page, fresh: bool = True) -> bool:
    """False where there is no such visitor, or (`fresh`) where it is time to note that it was seen."""
    now, facts = timezone.now(), current_facts()
    seen = now - SEEN_EVERY if fresh else datetime.min.replace(tzinfo=UTC)
    sql = (
        "INSERT INTO contacts_pagevisit (visitor_id, contact_id, url, page, title, referrer, at, source, user_id)"
        " SELECT id, contact_id, %s, %s, %s, %s, %s, %s, %s FROM contacts_visitor"
        " WHERE key_hash = %s AND last_seen > %s"
    )
    cast = connection.ops.adapt_datetimefield_value
    values = [page.url, page_of(page.url), page.title, page.referrer, cast(now), facts["source"], facts["user_id"]]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, hash_of_key(key), cast(seen)])
        return bool(cursor.rowcount)


def record_visit(*, visitor: Visitor, page: Page) -> PageVisit:
    """Record that `visitor` saw `page`, and tell who listens."""
    visit = PageVisit(
        visitor=visitor, contact_id=visitor.contact_id, url=page.url, title=page.title, referrer=page.referrer,
        at=timezone.now(), **current_facts(),
    )  # fmt: skip
    with transaction.atomic():
        # The visit and what it starts stand or fall together.
        visit.save(force_insert=True)
    return visit


@transaction.atomic
def record_visits(*, visits: Sequence[Visit]) -> int:
    """What a server tells of contacts' visits; one insert for each 10,000, one announcement for each page."""
    now = timezone.now()
    for chunk in chunks(visits):
        insert_rows(
            PageVisit,
            {
                "contact_id": [visit.contact_id for visit in chunk],
                "url": [visit.page.url for visit in chunk],
                "page": [page_of(visit.page.url) for visit in chunk],
                "title": [visit.page.title for visit in chunk],
                "referrer": [visit.page.referrer for visit in chunk],
                "at": [visit.at or now for visit in chunk],
                **current_facts(),
            },
            size=len(chunk),
        )
        _announce((visit.contact_id, visit.page.url, visit.page.title, visit.at) for visit in chunk)
    return len(visits)


def _announce(rows: Iterable[tuple[int, str, str, datetime | None]]) -> None:
    """One announcement for each page and time, in the order of the rows."""
    pages: dict[tuple[str, str, datetime | None], set[int]] = defaultdict(set)
    for contact_id, url, title, happened in rows:
        pages[url, title, happened].add(contact_id)
    for (url, title, happened), ids in pages.items():
        announce(PageVisited(url=url, title=title, contact_ids=sorted(ids), happened=happened))


@transaction.atomic
def identify_visitor(*, visitor: Visitor, contact: Contact | int, proven: bool = False) -> bool:
    """Say who the visitor is; False where that is known better already.

    Visits of the visitor before it was anybody become the contact's. The latest of them, within
    the days that the settings say, start automations that were active at their time. A browser
    that changes hands keeps what it did before: only visits of nobody are given to anyone. What
    has been proven is not changed by a mere claim.
    """
    contact_id = contact.pk if isinstance(contact, Contact) else contact
    locked = Visitor.objects.select_for_update().get(pk=visitor.pk)
    visitor.contact_id, visitor.proven = locked.contact_id, locked.proven
    if locked.proven and not proven:
        if locked.contact_id != contact_id:
            return False
        proven = True
    before = locked.contact_id
    if (before, locked.proven) != (contact_id, proven):
        locked.contact_id, locked.proven = contact_id, proven
        visitor.contact_id, visitor.proven = contact_id, proven
        locked.save(update_fields=["contact", "proven"])
    if before in (None, contact_id):
        # Of a known visitor too: a visit may have been on its way when the first call came.
        _give_visits(locked, contact_id)
    return True


def _give_visits(visitor: Visitor, contact_id: int) -> None:
    days = TrackingSettings.current().earlier_visits_days
    rows = PageVisit.objects.filter(visitor=visitor, contact=None)
    recent = rows.filter(at__gte=timezone.now() - timedelta(days=days)).order_by("-at", "-pk")
    earlier = list(recent.values_list("url", "title", "at")[:EARLIER_VISITS])
    rows.update(contact=contact_id)
    _announce((contact_id, url, title, at) for url, title, at in reversed(earlier))


def identify_by_call(*, settings: TrackingSettings, visitor: Visitor, email: str, proof: str = "") -> bool:
    """What a page says of its visitor: an address, and maybe the proof that the site's server knows of it.

    True where the visitor is that contact now. A claim names existing contacts alone; a proof also makes
    one, where `settings` create contacts. ValidationError by field for a bad address or proof.
    """
    if settings.identify_calls == IdentifyCalls.OFF:
        return False
    try:
        address = clean_email(email)
    except ValidationError as error:
        raise ValidationError({"email": error}) from None
    proven = bool(proof)
    if proven and not constant_time_compare(proof.lower(), proof_of(key=settings.key, email=address)):
        raise ValidationError({"proof": "This is not the HMAC-SHA256 of the address with the account's key."})
    if not proven and settings.identify_calls == IdentifyCalls.PROOF:
        return False
    contact_id = Contact.objects.filter(email=address).values_list("pk", flat=True).first()
    if contact_id is None and proven and settings.create_contacts:
        contact_id = save_contacts(drafts=[ContactDraft(address)], update_existing=False).ids[address]
    return contact_id is not None and identify_visitor(visitor=visitor, contact=contact_id, proven=proven)


def proof_of(*, key: str, email: str) -> str:
    """HMAC-SHA256 in hexadecimal of the address, trimmed and in lower case, with the account's key."""
    return hmac.new(key.encode(), email.encode(), hashlib.sha256).hexdigest()


def delete_old_visits(*, now: datetime) -> int:
    """Delete visits older than the settings say, and visitors who have none left; returns how many visits."""
    before = now - timedelta(days=TrackingSettings.current().visit_days)
    deleted = 0
    while True:
        old = PageVisit.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)
        ids = list(old[:BATCH])
        if not ids:
            break
        deleted += PageVisit.objects.filter(pk__in=id_set(ids))._raw_delete("default") or len(ids)
    gone = Visitor.objects.filter(last_seen__lt=before).exclude(visits__at__gte=before)
    while ids := list(gone.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        Visitor.objects.filter(pk__in=id_set(ids)).delete()
    return deleted
