"""The page on which contacts choose their lists."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from contacts.links import Link
from contacts.models import Contact, List
from contacts.models.lists import SubscriptionStatus
from contacts.origin import Origin, Source, caused_by
from contacts.services import subscribe_contacts, unsubscribe_contacts

from .page import contact_page, masked, note_unsubscribed

REASON = "preferences page"


@contact_page("preferences")
def preferences(request: HttpRequest, contact: Contact, link: Link) -> HttpResponse:
    """The public lists, and those the contact is on, each to be joined or left; or all left at once."""
    active = _active(contact)
    offered = [row for row in List.objects.all() if row.is_public or row.pk in active]
    if request.method == "POST":
        wanted = set() if request.POST.get("action") == "none" else set(request.POST.getlist("lists"))
        with caused_by(Origin(source=Source.CONTACT)):
            note_unsubscribed(link, _save(contact, offered, active, wanted))
        active = _active(contact)
    context = {
        "address": masked(contact.email),
        "lists": offered,
        "active": active,
        "done": request.method == "POST",
    }
    return render(request, "contacts/public/preferences.html", context)


def _active(contact: Contact) -> set[int]:
    rows = contact.subscriptions.filter(status=SubscriptionStatus.ACTIVE)
    return set(rows.values_list("list_id", flat=True))


def _save(contact: Contact, offered: Sequence[List], active: set[int], wanted: set[str]) -> list[List]:
    """Returns those that were left."""
    left: list[List] = []
    for row in offered:
        wants = str(row.pk) in wanted
        if wants and row.pk not in active:
            subscribe_contacts(contacts=contact, list=row, resubscribe=True)
        elif not wants and row.pk in active:
            unsubscribe_contacts(contacts=contact, list=row, reason=REASON)
            left.append(row)
    return left
