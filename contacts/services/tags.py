"""Putting tags on and taking them off."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows
from contacts.models import ContactTag, Tag
from contacts.values import check_text

from .changes import record_tags
from .selection import Contacts, contact_ids, hold_contacts


@transaction.atomic
def tag_contacts(*, contacts: Contacts, tag: Tag | int) -> list[int]:
    """Put a tag on contacts; return the ids of those who did not have it."""
    tag_id = tag.pk if isinstance(tag, Tag) else tag
    tagged: list[int] = []
    for chunk in chunks(contact_ids(contacts)):
        there = hold_contacts(chunk)
        rows = insert_rows(
            ContactTag,
            {"contact_id": there, "tag_id": tag_id, "created_at": timezone.now()},
            size=len(there),
            ignore_conflicts=True,
            returning=["contact_id"],
        )
        added = [row[0] for row in rows]
        if added:
            record_tags(contact_ids=added, tag_id=tag_id, added=True)
            tagged += added
    return tagged


@transaction.atomic
def untag_contacts(*, contacts: Contacts, tag: Tag | int) -> list[int]:
    """Take a tag off contacts; return the ids of those who had it."""
    tag_id = tag.pk if isinstance(tag, Tag) else tag
    untagged: list[int] = []
    for chunk in chunks(contact_ids(contacts)):
        rows = ContactTag.objects.filter(tag_id=tag_id, contact__in=id_set(hold_contacts(chunk)))
        removed = list(rows.select_for_update().order_by("contact_id").values_list("contact_id", flat=True))
        if removed:
            ContactTag.objects.filter(tag_id=tag_id, contact__in=id_set(removed))._raw_delete("default")
            record_tags(contact_ids=removed, tag_id=tag_id, added=False)
            untagged += removed
    return untagged


@transaction.atomic
def get_or_create_tags(*, names: Iterable[str]) -> dict[str, Tag]:
    """Tags by the name as given (compared without case), made where missing. A fixed number of queries."""
    wanted = {check_text(name.strip()): name.strip().casefold() for name in names if name.strip()}
    too_long = next((name for name in wanted if len(name) > 100), None)
    if too_long:
        raise ValidationError(_("The tag “%s…” is longer than 100 characters.") % too_long[:30])
    # Compared in Python: the database's LOWER() does not fold every script, and tags are few.
    known = {tag.name.casefold(): tag for tag in Tag.objects.all()}
    # Of several spellings the first becomes the name.
    missing = {folded: name for name, folded in reversed(wanted.items()) if folded not in known}
    if missing:
        now = timezone.now()
        columns = {"name": list(missing.values()), "description": "", "created_at": now, "updated_at": now}
        insert_rows(Tag, columns, size=len(missing), ignore_conflicts=True)
        known = {tag.name.casefold(): tag for tag in Tag.objects.all()}
    return {name: known[folded] for name, folded in wanted.items()}
