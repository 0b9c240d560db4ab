"""Bulk actions of the contact list: each asks for its settings on a page of its own, then runs."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from contacts.bulk_actions import BulkAction, bulk_actions
from contacts.models import Contact
from contacts.services.exports import export_columns, export_contacts
from contacts.services.jobs import AT_ONCE, BulkOutcome, run_bulk_action

from .base import messages_of, styled

APPLY = "apply"


def list_actions(request: HttpRequest) -> dict[str, tuple[Any, str, Any]]:
    """Django's admin actions, by name, that this user may see."""
    actions: dict[str, tuple[Any, str, Any]] = {}
    for slug, action in bulk_actions().items():
        if request.user.has_perm(action.permission):
            actions[f"bulk_{slug}"] = (partial(bulk_page, action=action), f"bulk_{slug}", action.label)
    if request.user.has_perm("contacts.add_exportjob"):
        actions["export"] = (export_page, "export", gettext_lazy("Export as CSV"))
    return actions


def bulk_page(
    admin: Any, request: HttpRequest, queryset: QuerySet[Contact], *, action: BulkAction
) -> HttpResponse:
    """Ask for the action's settings; with them, run it and say what happened."""
    form = styled(action.form(request.POST if APPLY in request.POST else None))
    if form.is_bound and form.is_valid():
        try:
            outcome = run_bulk_action(action=action.slug, contacts=queryset, params=request.POST.dict())
        except ValidationError as error:
            for message in messages_of(error):
                form.add_error(None, message)
        else:
            return _done(admin, request, action, outcome)
    count = queryset.count()
    return TemplateResponse(
        request,
        "admin/contacts/bulk_action.html",
        admin.page(
            request,
            title=action.label,
            form=form,
            action_name=f"bulk_{action.slug}",
            icon=action.icon,
            dangerous=action.dangerous,
            count=count,
            note=_("This runs in the background; you can watch its progress.") if count > AT_ONCE else "",
            submit_label=action.label,
            **_selection(request),
        ),
    )


class ExportForm(forms.Form):
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        error_messages={"required": gettext_lazy("Choose at least one column.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = export_columns()
        self.fields["columns"].choices = list(columns.items())  # type: ignore[attr-defined]  # a choice field
        self.fields["columns"].initial = [name for name in columns if name not in ("id", "updated_at")]


def export_page(admin: Any, request: HttpRequest, queryset: QuerySet[Contact]) -> Any:
    form = ExportForm(request.POST if APPLY in request.POST else None)
    if form.is_bound and form.is_valid():
        outcome = export_contacts(contacts=queryset, columns=form.cleaned_data["columns"])
        if outcome.lines is None:
            admin.message_user(request, _("The file is being written in the background."), messages.SUCCESS)
            return HttpResponseRedirect(
                reverse("admin:contacts_exportjob_change", args=[outcome.job.pk])  # type: ignore[union-attr]  # there is one
            )
        name = f"contacts-{timezone.localdate():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            outcome.lines,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    context = admin.page(
        request, title=_("Export as CSV"), form=form, action_name="export", icon="download",
        count=queryset.count(), submit_label=_("Export"), **_selection(request),
    )  # fmt: skip
    return TemplateResponse(request, "admin/contacts/bulk_action.html", context)


def _selection(request: HttpRequest) -> dict[str, Any]:
    """What the page must send again for the same contacts to be chosen."""
    return {
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "back_url": request.get_full_path(),
    }


def _done(admin: Any, request: HttpRequest, action: BulkAction, outcome: BulkOutcome) -> HttpResponse:
    if outcome.job is not None:
        admin.message_user(request, _("The action is running in the background."), messages.SUCCESS)
        if request.user.has_perm("contacts.view_bulkjob"):
            return HttpResponseRedirect(reverse("admin:contacts_bulkjob_change", args=[outcome.job.pk]))
        return HttpResponseRedirect(request.get_full_path())
    text = ngettext(
        "%(action)s: %(changed)d of %(selected)d contact changed.",
        "%(action)s: %(changed)d of %(selected)d contacts changed.",
        outcome.selected,
    ) % {"action": action.label, "changed": outcome.changed, "selected": outcome.selected}
    admin.message_user(request, text, messages.SUCCESS)
    return HttpResponseRedirect(request.get_full_path())
