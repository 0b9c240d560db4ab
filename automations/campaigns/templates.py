"""The account's own e-mail templates."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from automations.builder.base import full_page, may
from automations.services.campaigns import keep_template
from contacts.models import EmailTemplate
from contacts.services import delete_unused

from .forms import TemplateForm

VIEW = "contacts.view_emailtemplate"
RIGHTS = {"can_add": "add", "can_edit": "change", "can_delete": "delete"}


@may(VIEW, "GET")
def template_list(request: HttpRequest) -> HttpResponse:
    rows = EmailTemplate.objects.defer("html", "text")
    return full_page(
        request, "automations/campaigns/templates.html", _context(request, _("Templates")) | {"rows": rows}
    )


@may("contacts.add_emailtemplate", "GET", "POST")
def new_template(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@may(VIEW, "GET", "POST")
def edit_template(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(EmailTemplate, pk=pk))


def _edit(request: HttpRequest, template: EmailTemplate | None) -> HttpResponse:
    form = TemplateForm(request.POST or None, instance=template)
    status = 200
    if request.method == "POST":
        if template is not None and not request.user.has_perm("contacts.change_emailtemplate"):
            return HttpResponse(status=403)
        if form.is_valid() and _save(form, template):
            return redirect("campaigns:templates")
        status = 422
    title = template.name if template else _("New template")
    context = _context(request, title) | {"form": form, "template": template, "wrong": form.errors}
    context["can_edit"] = context["can_edit"] if template else context["can_add"]
    return full_page(request, "automations/campaigns/template.html", context, status=status)


def _save(form: TemplateForm, template: EmailTemplate | None) -> bool:
    try:
        keep_template(template=template, values=form.cleaned_data)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            form.add_error(name if name in form.fields else None, messages)
        return False
    return True


@may("contacts.delete_emailtemplate", "POST")
def delete_template(request: HttpRequest, pk: int) -> HttpResponse:
    delete_unused(record=get_object_or_404(EmailTemplate, pk=pk))
    return redirect("campaigns:templates")


def _context(request: HttpRequest, title: Any) -> dict[str, Any]:
    rights = {name: request.user.has_perm(f"contacts.{verb}_emailtemplate") for name, verb in RIGHTS.items()}
    return {"title": title, **rights}
