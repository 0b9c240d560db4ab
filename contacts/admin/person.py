"""The page of one person: tags, lists, notes and timeline below the form; merge, export and erase."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Account, AccountContact, Contact, List, Score, Tag
from contacts.models.lists import SubscriptionStatus
from contacts.selectors.fields import contact_fields
from contacts.selectors.timeline import timeline
from contacts.services import (
    add_notes,
    add_to_account,
    adjust_scores,
    get_or_create_tags,
    remove_from_account,
    subscribe_contacts,
    tag_contacts,
    unsubscribe_contacts,
    untag_contacts,
)
from contacts.services.merge import merge_contacts, merge_preview
from contacts.services.privacy import erase_person, export_person
from contacts.values import fold_email

from .base import messages_of
from .panels import answer_panel, chosen, demand
from .sections import section_verbs, sections_of

SUGGESTED_TAGS = 200
LAST_VISITS = 5


def panel_context(request: HttpRequest, contact: Contact, errors: list[str] | None = None) -> dict[str, Any]:
    """What stands below the form. A fixed number of queries."""
    subscriptions = list(contact.subscriptions.select_related("list").order_by("list__name"))
    on = {row.list_id for row in subscriptions}
    return {
        "contact": contact,
        "panel_errors": errors or [],
        "panel_url": reverse("admin:contacts_contact_panel", args=[contact.pk]),
        "timeline_url": reverse("admin:contacts_contact_timeline", args=[contact.pk]),
        "may_change": request.user.has_perm("contacts.change_contact"),
        "may_note": request.user.has_perm("contacts.add_note"),
        "contact_tags": contact.tags.order_by("name"),
        "all_tags": Tag.objects.order_by("name").values_list("name", flat=True)[:SUGGESTED_TAGS],
        "accounts": _accounts(contact),
        "may_see_accounts": request.user.has_perm("contacts.view_account"),
        "may_change_accounts": request.user.has_perm("contacts.change_account"),
        "subscriptions": subscriptions,
        "other_lists": [row for row in List.objects.order_by("name") if row.pk not in on],
        "visits": list(contact.page_visits.order_by("-at", "-pk")[:LAST_VISITS]),
        "scores": _scores(contact),
        "values": [] if request.user.has_perm("contacts.change_contact") else _values(contact),
        "timeline": timeline(contact=contact),
        "sections": sections_of(request, contact),
    }


def _scores(contact: Contact) -> list[tuple[Score, int]]:
    points = dict(contact.scores.order_by().values_list("score_id", "points"))
    return [(score, points.get(score.pk, 0)) for score in Score.of("contact").order_by("name")]


def _accounts(contact: Contact) -> list[AccountContact]:
    return list(contact.account_contacts.select_related("account").order_by("account__name"))


def _values(contact: Contact) -> list[tuple[str, str]]:
    values = contact.custom_values
    return [
        (field.label, field.kind.to_text(values[key]).replace("\n", ", "))
        for key, field in contact_fields().items()
        if key in values
    ]


def panel_view(admin: Any, request: HttpRequest, object_id: int) -> HttpResponse:
    verbs = {**section_verbs(Contact), **VERBS}
    return answer_panel(admin, request, object_id, verbs, panel_context, "admin/contacts/person_panel.html")


def _add_tag(request: HttpRequest, contact: Contact) -> None:
    demand(request, "contacts.change_contact")
    name = " ".join(request.POST.get("tag", "").split())
    if not name:
        raise ValidationError(_("Give the name of a tag."))
    if request.user.has_perm("contacts.add_tag"):
        tag = get_or_create_tags(names=[name])[name]
    else:
        known = Tag.objects.filter(name__iexact=name).first()
        if known is None:
            raise ValidationError(_("There is no tag “%s”, and you may not make new ones.") % name)
        tag = known
    tag_contacts(contacts=contact, tag=tag)


def _remove_tag(request: HttpRequest, contact: Contact) -> None:
    demand(request, "contacts.change_contact")
    untag_contacts(contacts=contact, tag=chosen(Tag, request.POST.get("tag", "")))


def _subscribe(request: HttpRequest, contact: Contact) -> None:
    demand(request, "contacts.change_contact")
    wanted = chosen(List, request.POST.get("list", ""))
    result = subscribe_contacts(contacts=contact, list=wanted, resubscribe="again" in request.POST)
    if result.refused:
        raise ValidationError(
            _("This address refused “%s” before. Subscribe it again only if the person asked for it.") % wanted
        )


def _unsubscribe(request: HttpRequest, contact: Contact) -> None:
    demand(request, "contacts.change_contact")
    unsubscribe_contacts(contacts=contact, list=chosen(List, request.POST.get("list", "")))


def _add_note(request: HttpRequest, contact: Contact) -> None:
    demand(request, "contacts.add_note")
    text = request.POST.get("text", "").strip()
    if not text:
        raise ValidationError(_("Write something first."))
    if len(text) > 10_000:
        raise ValidationError(_("A note has at most 10,000 characters."))
    add_notes(contacts=contact, text=text)


def _give_points(request: HttpRequest, contact: Contact) -> None:
    demand(request, "contacts.change_contact")
    score = chosen(Score, request.POST.get("score", ""))
    raw = request.POST.get("points", "").strip().replace("−", "-")
    if not raw.removeprefix("-").removeprefix("+").isdecimal() or len(raw) > 12 or int(raw) == 0:
        raise ValidationError(_("Give a number of points, such as 5 or -5."))
    adjust_scores(contacts=contact, score=score, points=int(raw), reason=_("by hand"))


def _join_account(request: HttpRequest, contact: Contact) -> None:
    demand(request, "contacts.change_account")
    name = " ".join(request.POST.get("account", "").split())
    if not name:
        raise ValidationError(_("Give the name of an account."))
    account = Account.objects.filter(name__iexact=name).first()
    if account is None:
        raise ValidationError(_("There is no account “%s”; add it first.") % name)
    add_to_account(account=account, contacts=contact, job_title=request.POST.get("job_title") or None)


def _leave_account(request: HttpRequest, contact: Contact) -> None:
    demand(request, "contacts.change_account")
    remove_from_account(account=chosen(Account, request.POST.get("account", "")), contacts=contact)


VERBS: dict[str, Callable[[HttpRequest, Contact], None]] = {
    "add_tag": _add_tag,
    "remove_tag": _remove_tag,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "add_note": _add_note,
    "give_points": _give_points,
    "join_account": _join_account,
    "leave_account": _leave_account,
}


def merge_view(admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """First the other contact's address, then what differs, then the merge."""
    keep = admin.found(request, object_id)
    if keep is None:
        return admin.to_list()  # type: ignore[no-any-return]  # an HttpResponse
    address = fold_email(request.POST.get("other") or request.GET.get("other") or "")
    other = Contact.objects.filter(email=address).first() if address else None
    error = ""
    if address and other is None:
        error = _("There is no contact with the address “%s”.") % address
    elif other is not None and other.pk == keep.pk:
        other, error = None, _("This is the contact itself. Give the address of the other one.")
    if request.method == "POST" and other is not None:
        choices = {
            row["field"]: request.POST.get(f"field_{row['field']}", "keep")
            for row in merge_preview(keep=keep, drop=other)
        }
        try:
            merged = merge_contacts(keep=keep, drop=other, choices=choices)
        except ValidationError as problem:
            error = " ".join(messages_of(problem))
        else:
            admin.message_user(request, _("Merged; %s is gone.") % other, messages.SUCCESS)
            return admin.to_change(merged.pk)  # type: ignore[no-any-return]  # an HttpResponse
    context = admin.page(
        request, title=_("Merge %s") % keep, original=keep, keep=keep, other=other,
        address=address, error=error,
        differences=merge_preview(keep=keep, drop=other) if other else [],
    )  # fmt: skip
    return TemplateResponse(request, "admin/contacts/merge.html", context)


def export_view(admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    contact = admin.found(request, object_id)
    if contact is None:
        return admin.to_list()  # type: ignore[no-any-return]  # an HttpResponse
    return JsonResponse(
        export_person(contact=contact),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="contact-{contact.pk}.json"'},
    )


def erase_view(admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    contact = admin.found(request, object_id)
    if contact is None:
        return admin.to_list()  # type: ignore[no-any-return]  # an HttpResponse
    error = ""
    if request.method == "POST":
        if fold_email(request.POST.get("address", "")) == contact.email:
            erase_person(contact=contact)
            admin.message_user(request, _("The person's data was erased."), messages.SUCCESS)
            return admin.to_list()  # type: ignore[no-any-return]  # an HttpResponse
        error = _("Type the address “%s” to confirm.") % contact.email
    refused = contact.subscriptions.filter(
        status__in=[SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.BOUNCED]
    ).count()
    context = admin.page(
        request,
        title=_("Erase %s") % contact,
        original=contact,
        contact=contact,
        error=error,
        refused=refused,
    )
    return TemplateResponse(request, "admin/contacts/erase.html", context)
