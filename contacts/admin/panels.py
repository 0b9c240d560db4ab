"""What stands below a record's form: buttons that do something at once, and its timeline."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from contacts.selectors.timeline import timeline_of

from .base import messages_of

#: (request, the record) -> None, or ValidationError
Verb = Callable[[HttpRequest, Any], None]


def answer_panel(
    admin: Any,
    request: HttpRequest,
    object_id: int,
    verbs: Mapping[str, Verb],
    context: Callable[[HttpRequest, Any, list[str]], dict[str, Any]],
    template: str,
) -> HttpResponse:
    """Do what a button of the panel says, and show the panel again."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    record = admin.get_object(request, str(object_id))
    if record is None:
        return HttpResponse(status=404)
    errors: list[str] = []
    if request.method == "POST":
        verb = verbs.get(request.POST.get("do", ""))
        if verb is None:
            return HttpResponse(status=400)
        try:
            verb(request, record)
        except ValidationError as error:
            errors = messages_of(error)
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, template, context(request, record, errors))
    for message in errors:
        admin.message_user(request, message, messages.ERROR)
    return HttpResponseRedirect(admin.to_change(object_id).url + "#panel")


def timeline_view(admin: Any, request: HttpRequest, object_id: int) -> HttpResponse:
    """The next page of the timeline."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    record = admin.get_object(request, str(object_id))
    if record is None:
        return HttpResponse(status=404)
    try:
        page = timeline_of(record=record, cursor=request.GET.get("cursor", ""))
    except ValidationError:
        return HttpResponse(status=400)
    context = {"timeline": page, "timeline_url": request.path}
    return TemplateResponse(request, "admin/contacts/timeline.html", context)


def demand(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def chosen(model: Any, raw: str) -> Any:
    """The record of this id; ValidationError where there is none."""
    record = model.objects.filter(pk=int(raw)).first() if raw.isdecimal() and len(raw) < 19 else None
    if record is None:
        raise ValidationError(_("Choose a %s.") % model._meta.verbose_name)
    return record
