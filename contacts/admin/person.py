"""The page of one person: tags, lists, notes and timeline below the form; merge, export and erase."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Contact, List, Score, Tag
from contacts.models.lists import SubscriptionStatus
from contacts.selectors.fields import contact_fields
from contacts.selectors.timeline import timeline
from contacts.services import (
    add_notes,
    adjust_scores,
    get_or_create_tags,
    subscribe_contacts,
    tag_contacts,
    unsubscribe_contacts,
    untag_contacts,
)
from contacts.services.merge import merge_contacts, merge_preview
from contacts.services.privacy import erase_person, export_person
from contacts.values import fold_email

from .base import messages_of
from .sections import section_verb, sections_of

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
    return [(score, points.get(score.pk, 0)) for score in Score.objects.order_by("name")]


def _values(contact: Contact) -> list[tuple[str, str]]:
    values = contact.custom_values
    return [
        (field.label, field.kind.to_text(values[key]).replace("\n", ", "))
        for key, field in contact_fields().items()
        if key in values
    ]


def panel_view(admin: Any, request: HttpRequest, object_id: int) -> HttpResponse:
    """Do what a button of the panel says, and show the panel again."""
    contact = admin.get_object(request, str(object_id))
    if contact is None:
        return HttpResponse(status=404)
    errors: list[str] = []
    if request.method == "POST":
        name = request.POST.get("do", "")
        verb = VERBS.get(name) or section_verb(name)
        if verb is None:
            return HttpResponse(status=400)
        try:
            verb(request, contact)
        except ValidationError as error:
            errors = messages_of(error)
    elif not admin.has_view_permission(request):
        raise PermissionDenied
    if request.headers.get("HX-Request"):
        return TemplateResponse(
            request, "admin/contacts/person_panel.html", panel_context(request, contact, errors)
        )
    for message in errors:
        admin.message_user(request, message, messages.ERROR)
    return HttpResponseRedirect(admin.to_change(object_id).url + "#panel")


def timeline_view(admin: Any, request: HttpRequest, object_id: int) -> HttpResponse:
    """The next page of the timeline."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    contact = admin.get_object(request, str(object_id))
    if contact is None:
        return HttpResponse(status=404)
    try:
        page = timeline(contact=contact, cursor=request.GET.get("cursor", ""))
    except ValidationError:
        return HttpResponse(status=400)
    context = {"timeline": page, "timeline_url": request.path}
    return TemplateResponse(request, "admin/contacts/timeline.html", context)


def _demand(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _add_tag(request: HttpRequest, contact: Contact) -> None:
    _demand(request, "contacts.change_contact")
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
    _demand(request, "contacts.change_contact")
    untag_contacts(contacts=contact, tag=_chosen(Tag, request.POST.get("tag", "")))


def _subscribe(request: HttpRequest, contact: Contact) -> None:
    _demand(request, "contacts.change_contact")
    chosen = _chosen(List, request.POST.get("list", ""))
    result = subscribe_contacts(contacts=contact, list=chosen, resubscribe="again" in request.POST)
    if result.refused:
        raise ValidationError(
            _("This address refused “%s” before. Subscribe it again only if the person asked for it.") % chosen
        )


def _unsubscribe(request: HttpRequest, contact: Contact) -> None:
    _demand(request, "contacts.change_contact")
    unsubscribe_contacts(contacts=contact, list=_chosen(List, request.POST.get("list", "")))


def _add_note(request: HttpRequest, contact: Contact) -> None:
    _demand(request, "contacts.add_note")
    text = request.POST.get("text", "").strip()
    if not text:
        raise ValidationError(_("Write something first."))
    if len(text) > 10_000:
        raise ValidationError(_("A note has at most 10,000 characters."))
    add_notes(contacts=contact, text=text)


def _give_points(request: HttpRequest, contact: Contact) -> None:
    _demand(request, "contacts.change_contact")
    score = _chosen(Score, request.POST.get("score", ""))
    raw = request.POST.get("points", "").strip().replace("−", "-")
    if not raw.removeprefix("-").removeprefix("+").isdecimal() or len(raw) > 12 or int(raw) == 0:
        raise ValidationError(_("Give a number of points, such as 5 or -5."))
    adjust_scores(contacts=contact, score=score, points=int(raw), reason=_("by hand"))


VERBS: dict[str, Callable[[HttpRequest, Contact], None]] = {
    "add_tag": _add_tag,
    "remove_tag": _remove_tag,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "add_note": _add_note,
    "give_points": _give_points,
}


def _chosen(model: Any, raw: str) -> Any:
    record = model.objects.filter(pk=int(raw)).first() if raw.isdecimal() and len(raw) < 19 else None
    if record is None:
        raise ValidationError(_("Choose a %s.") % model._meta.verbose_name)
    return record


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
