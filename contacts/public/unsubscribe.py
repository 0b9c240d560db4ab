"""Leaving lists by the link in an e-mail, or in one click from the mail program (RFC 8058)."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from contacts.links import Link, make_token, preferences_url, read_token
from contacts.models import Contact, List
from contacts.models.lists import SubscriptionStatus
from contacts.origin import Origin, Source, caused_by
from contacts.services import subscribe_contacts, unsubscribe_contacts

from .page import contact_page, masked, note_unsubscribed

RECEIVING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.UNCONFIRMED)
ONE_CLICK = "One-Click"


@contact_page("unsubscribe")
def unsubscribe(request: HttpRequest, contact: Contact, link: Link) -> HttpResponse:
    """Ask, or do it, with a way back. A post without a form's `action` is a mail program's one click."""
    left: list[List] = []
    returned: list[List] = []
    action = request.POST.get("action", "leave") if request.method == "POST" else ""
    with caused_by(Origin(source=Source.CONTACT)):
        if action == "undo":
            returned = _return(contact, request.POST.get("undo", ""))
        elif action:
            one_click = request.POST.get("List-Unsubscribe") == ONE_CLICK
            reason = "one click in the mail program" if one_click else "link in an e-mail"
            lists = [] if action == "all" else link.lists
            left = _leave(contact, _meant(contact, lists), reason)
            note_unsubscribed(link, left)
    context = {
        "address": masked(contact.email),
        "asked": not action,
        "returned": returned,
        "left": left,
        "leaving": _meant(contact, link.lists),
        "others": _receiving(contact),
        "undo": make_token(contact, "undo", [row.pk for row in left]),
        "preferences": preferences_url(contact, link.email_id),
    }
    return render(request, "contacts/public/unsubscribe.html", context)


def _meant(contact: Contact, lists: Sequence[int]) -> list[List]:
    """Those of `lists` that the contact is on; all where none is named, or none of them exists any more."""
    rows = _receiving(contact)
    if not lists or not List.objects.filter(pk__in=lists).exists():
        return rows
    return [row for row in rows if row.pk in lists]


def _receiving(contact: Contact) -> list[List]:
    return list(List.objects.filter(subscriptions__contact=contact, subscriptions__status__in=RECEIVING))


def _leave(contact: Contact, lists: Sequence[List], reason: str) -> list[List]:
    return [row for row in lists if unsubscribe_contacts(contacts=contact, list=row, reason=reason)]


def _return(contact: Contact, token: str) -> list[List]:
    """Back to the lists that were left just now; an altered token, or another's, returns to none."""
    undo = read_token(token, "undo")
    if undo is None or undo.contact_id != contact.pk or not undo.lists:
        return []
    rows = list(List.objects.filter(pk__in=undo.lists))
    return [row for row in rows if subscribe_contacts(contacts=contact, list=row, resubscribe=True).changed]
