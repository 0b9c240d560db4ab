"""Site messages: choosing who sees one, what a visitor is given, and what becomes of it."""

from typing import Any

import nh3
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows
from contacts.facts import SiteMessageActed
from contacts.language import language_of
from contacts.models import SiteMessage, SiteMessageAction, SiteMessageFact, SiteMessageTarget, Visitor

from .changes import announce, current_facts
from .selection import Contacts, contact_ids
from .site import hash_of_key

_cleaner = nh3.Cleaner(
    tags={"a", "b", "blockquote", "br", "em", "h2", "h3", "i", "img", "li", "ol", "p", "strong", "u", "ul"},
    clean_content_tags={"script", "style", "title", "iframe", "object", "template", "svg", "math", "textarea"},
    attributes={"a": {"href"}, "img": {"src", "alt", "width", "height"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener",
)


@transaction.atomic
def show_site_message(*, contacts: Contacts, message: SiteMessage | int) -> list[int]:
    """Let contacts see the message on their next visit; returns those for whom that is new.

    Who has closed or clicked it sees it again, from its first view; who is still to see it, as before.
    """
    message_id = message.pk if isinstance(message, SiteMessage) else message
    changed: list[int] = []
    now = timezone.now()
    for chunk in chunks(contact_ids(contacts)):
        done = SiteMessageTarget.objects.filter(
            message=message_id, contact__in=id_set(chunk), done_at__isnull=False
        )
        again = list(done.values_list("contact_id", flat=True))
        done.update(done_at=None, views=0, chosen_at=now)
        rows = insert_rows(
            SiteMessageTarget,
            {"message_id": message_id, "contact_id": list(chunk), "chosen_at": now, "views": 0},
            size=len(chunk),
            ignore_conflicts=True,
            returning=["contact_id"],
        )
        changed += again + [row[0] for row in rows]
    return sorted(changed)


def message_for(*, key: str) -> dict[str, Any] | None:
    """The oldest message that the visitor of this key is still to see, for the script; None for the unproven."""
    visitor = Visitor.objects.filter(key_hash=hash_of_key(key), proven=True, contact__isnull=False)
    visitor = visitor.select_related("contact")
    known = visitor.first()
    if known is None or known.contact is None:
        return None
    rows = SiteMessageTarget.objects.filter(contact=known.contact, done_at=None).select_related("message")
    now = timezone.now()
    row = rows.exclude(message__ends_at__lte=now).order_by("chosen_at", "pk").first()
    if row is None:
        return None
    message = row.message
    with translation.override(language_of(known.contact)):
        close = _("Close")
    return {
        "id": message.pk,
        "title": message.title,
        "html": clean_message(message.html),
        "button": message.button_text,
        "url": message.button_url,
        "position": message.position,
        "close": close,
    }


def clean_message(html: str) -> str:
    """The text as it may stand on anybody's page."""
    return _cleaner.clean(html)


@transaction.atomic
def record_message_action(*, key: str, message_id: int, action: str) -> bool:
    """What the visitor of this key did with a message it was given; False where it has none such to see."""
    visitor = Visitor.objects.filter(key_hash=hash_of_key(key), proven=True).first()
    rows = SiteMessageTarget.objects.select_for_update().filter(message=message_id, done_at=None)
    target = rows.filter(contact=visitor.contact_id).first() if visitor and visitor.contact_id else None
    if target is None:
        return False
    if action == SiteMessageAction.SHOWN:
        target.views += 1
    else:
        target.done_at = timezone.now()
    target.save(update_fields=["views", "done_at"])
    view = max(target.views, 1)
    SiteMessageFact(
        contact_id=target.contact_id, message_id=message_id, action=action, view=view, at=timezone.now(),
        **current_facts(),
    ).save(force_insert=True)  # fmt: skip
    announce(SiteMessageActed(message_id, action, view, [target.contact_id]))
    return True
