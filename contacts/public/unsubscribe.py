"""Leaving lists: by the link in an e-mail, in one click from the mail program (RFC 8058), or list by list."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from contacts.links import preferences_url, read_token
from contacts.models import Contact, List
from contacts.models.lists import SubscriptionStatus
from contacts.origin import Origin, Source, caused_by
from contacts.services import subscribe_contacts, unsubscribe_contacts


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST does: link scanners follow links, but don't post. The signed token stands for CSRF."""
    contact, lists = _read(token, "unsubscribe")
    if request.method == "POST":
        with caused_by(Origin(source=Source.CONTACT)):
            for mailing_list in _leaving(contact, lists):
                unsubscribe_contacts(contacts=contact, list=mailing_list, reason="link in an e-mail")
    context = {"contact": contact, "done": request.method == "POST", "preferences": preferences_url(contact)}
    return render(request, "contacts/public/unsubscribe.html", context)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """The public lists, and those the contact is on, each to be joined or left."""
    contact, _lists = _read(token, "preferences")
    active = set(contact.subscriptions.filter(status=SubscriptionStatus.ACTIVE).values_list("list_id", flat=True))
    offered = [row for row in List.objects.all() if row.is_public or row.pk in active]
    if request.method == "POST":
        wanted = {int(value) for value in request.POST.getlist("lists") if value.isdigit()}
        with caused_by(Origin(source=Source.CONTACT)):
            for row in offered:
                if row.pk in wanted and row.pk not in active:
                    subscribe_contacts(contacts=contact, list=row, resubscribe=True)
                elif row.pk not in wanted and row.pk in active:
                    unsubscribe_contacts(contacts=contact, list=row, reason="preferences page")
        active = wanted & {row.pk for row in offered}
    context = {"contact": contact, "lists": offered, "active": active, "done": request.method == "POST"}
    return render(request, "contacts/public/preferences.html", context)


def _read(token: str, purpose: str) -> tuple[Contact, list[int]]:
    found = read_token(token, purpose)
    if found is None:
        raise Http404
    return get_object_or_404(Contact, pk=found[0]), found[1]


def _leaving(contact: Contact, lists: list[int]) -> list[List]:
    rows = List.objects.filter(subscriptions__contact=contact)
    return list(rows.filter(pk__in=lists) if lists else rows)
