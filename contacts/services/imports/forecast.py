"""The dry run's answer to what a chunk would do: reads only, a fixed number of statements."""

from collections.abc import Collection

from contacts.bulk import id_set
from contacts.models import Contact, ContactTag, Subscription, Tag
from contacts.models.lists import SubscriptionStatus
from contacts.selectors.fields import contact_fields, values_of
from contacts.services.lists import REFUSED

from .options import ImportOptions
from .rows import Issue, ParsedRow


def forecast(rows: list[ParsedRow], *, options: ImportOptions) -> tuple[dict[str, int], list[Issue]]:
    """The counts that `_Run._write` would give, as nearly as reading can tell."""
    by_email = {row.draft.email: row for row in rows}
    known = {contact.email: contact for contact in Contact.objects.filter(email__in=list(by_email))}
    ids = [contact.pk for contact in known.values()]
    changed = _would_tag(known, by_email, options) | _would_subscribe(ids, options)
    if options.update_existing:
        changed |= _would_change(known, by_email)
    created = len(rows) - len(known)
    counts = {
        "created_count": created,
        "updated_count": len(changed),
        "unchanged_count": len(known) - len(changed),
    }
    return counts, []


def _would_change(known: dict[str, Contact], rows: dict[str, ParsedRow]) -> set[int]:
    fields = contact_fields()
    current = values_of([contact.pk for contact in known.values()])
    changed = set()
    for email, contact in known.items():
        draft = rows[email].draft
        standard = any(
            getattr(contact, "owner_id" if name == "owner" else name) != value
            for name, value in draft.standard.items()
        )
        custom = current.get(contact.pk, {})
        if standard or any(
            fields[key].kind.to_text(custom.get(key)) != fields[key].kind.to_text(value)
            for key, value in draft.custom.items()
        ):
            changed.add(contact.pk)
    return changed


def _would_tag(known: dict[str, Contact], rows: dict[str, ParsedRow], options: ImportOptions) -> set[int]:
    named = {name.casefold() for row in rows.values() for name in row.tags}
    if not named and not options.tags:
        return set()
    tags = {tag.name.casefold(): tag.pk for tag in Tag.objects.all()}
    ids = [contact.pk for contact in known.values()]
    wanted = {*options.tags, *(tags[name] for name in named if name in tags)}
    has = set(
        ContactTag.objects.filter(contact__in=id_set(ids), tag__in=wanted).values_list("contact_id", "tag_id")
    )
    changed = set()
    for email, contact in known.items():
        mine = {*options.tags, *(tags.get(name.casefold()) for name in rows[email].tags)}
        if any((contact.pk, tag) not in has for tag in mine):
            changed.add(contact.pk)
    return changed


def _would_subscribe(ids: Collection[int], options: ImportOptions) -> set[int]:
    if not options.lists:
        return set()
    rows = Subscription.objects.filter(contact__in=id_set(ids), list__in=options.lists)
    status = {(pk, list_id): state for pk, list_id, state in rows.values_list("contact_id", "list_id", "status")}
    kept = {SubscriptionStatus.ACTIVE} if options.resubscribe else {SubscriptionStatus.ACTIVE, *REFUSED}
    return {pk for pk in ids if any(status.get((pk, list_id)) not in kept for list_id in options.lists)}
