"""The list of campaigns, the editor, the way out of it: preview, test, sending."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from automations import services
from automations.builder.base import full_page, may
from automations.delivery.broadcast import recipients
from automations.delivery.message import preview
from automations.delivery.views import SANDBOX
from automations.engine.clock import at_wall_time
from automations.models import Account
from automations.selectors.campaigns import reports
from automations.services.campaigns import check_texts, recipients_of
from contacts.models import Campaign, EmailTemplate, List, Segment
from contacts.models.campaigns import CampaignKind, CampaignStatus
from contacts.services.campaigns import OF_TEMPLATE, delete_campaign, duplicate_campaign, save_template

from .base import ADD, CHANGE, DELETE, VIEW, contact_to_show, get_campaign, is_open, page_context, state_of
from .forms import CampaignForm
from .layouts import LAYOUTS

PAGE_SIZE = 25


@may(VIEW, "GET")
def campaign_list(request: HttpRequest) -> HttpResponse:
    """One-off campaigns, or (`?kind=automation`) the e-mails of automations; searched, filtered, paged."""
    kind = CampaignKind.AUTOMATION if request.GET.get("kind") == "automation" else CampaignKind.BROADCAST
    page = Paginator(_found(request, kind), PAGE_SIZE).get_page(request.GET.get("page"))
    found = reports(list(page))
    context = {
        "title": _("Campaigns"),
        "kind": kind,
        "page": page,
        "rows": [(campaign, *state_of(campaign), found[campaign.pk]) for campaign in page],
        "query": request.GET.get("q", ""),
        "state": request.GET.get("state", ""),
        "states": CampaignStatus.choices,
        "zone": Account.current().zone,
        "can_add": request.user.has_perm(ADD),
        "is_filtered": bool(request.GET.get("q") or request.GET.get("state")),
    }
    return full_page(request, "automations/campaigns/list.html", context)


def _found(request: HttpRequest, kind: CampaignKind) -> QuerySet[Campaign]:
    rows = Campaign.objects.filter(kind=kind).defer("html", "text", "audience")
    if query := request.GET.get("q", "").strip():
        rows = rows.filter(Q(name__icontains=query) | Q(subject__icontains=query))
    state = request.GET.get("state", "")
    return rows.filter(status=state) if state in CampaignStatus.values else rows


@may(ADD, "GET", "POST")
def new_campaign(request: HttpRequest) -> HttpResponse:
    """Choose what to start from; POST makes the draft and opens it."""
    error = ""
    if request.method == "POST":
        try:
            created = services.save_campaign(values=_start(request.POST))
        except ValidationError as wrong:
            error = " ".join(wrong.messages)
        else:
            return redirect("campaigns:editor", pk=created.pk)
    context = {
        "title": _("New campaign"),
        "layouts": LAYOUTS.values(),
        "templates": EmailTemplate.objects.only("pk", "name"),
        "error": error,
        "name": request.POST.get("name", ""),
        "chosen": request.POST.get("start", request.GET.get("start", "letter")),
    }
    return full_page(request, "automations/campaigns/new.html", context, status=422 if error else 200)


def _start(data: Any) -> dict[str, Any]:
    values = {"name": data.get("name", "")}
    start = str(data.get("start", ""))
    if start in LAYOUTS:
        return values | {"html": LAYOUTS[start].html()}
    if start.isdecimal() and len(start) < 19:
        template = EmailTemplate.objects.filter(pk=start).first()
        if template is None:
            raise ValidationError({"start": _("This template does not exist any more; choose another.")})
        return values | {name: getattr(template, name) for name in OF_TEMPLATE}
    return values


@may(VIEW, "GET")
@xframe_options_sameorigin
def show_start(request: HttpRequest, start: str) -> HttpResponse:
    """A layout or template as a contact would see it; a document for a frame."""
    try:
        return _document(request, _start({"start": start}) | {"subject": "-"}, "")
    except ValidationError:
        raise Http404 from None


@may(VIEW, "GET", "POST")
def editor(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a campaign; one that has started shows its report instead."""
    campaign = get_campaign(pk)
    if not is_open(campaign):
        return redirect("campaigns:report", pk=pk)
    form = CampaignForm(request.POST or None, instance=campaign)
    status = 200
    if request.method == "POST":
        if not request.user.has_perm(CHANGE):
            return HttpResponse(status=403)
        if _save(form, campaign):
            return redirect("campaigns:review" if "review" in request.POST else "campaigns:editor", pk=pk)
        status = 422
    context = page_context(request, get_campaign(pk)) | {
        "form": form,
        "sections": form.sections(),
        "wrong": form.errors,
        "recipients": None if form.errors else recipients_of(campaign).count(),
        "problems": services.problems_of_campaign(get_campaign(pk)),
    }
    return full_page(request, "automations/campaigns/editor.html", context, status=status)


def _save(form: CampaignForm, campaign: Campaign) -> bool:
    if not form.is_valid():
        return False
    values, lists = form.written()
    try:
        services.save_campaign(campaign=campaign, values=values, lists=lists)
    except ValidationError as error:
        _add(form, error)
        return False
    return True


def _add(form: CampaignForm, error: ValidationError) -> None:
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in by_field.items():
        form.add_error(name if name in form.fields else None, texts)


@may(VIEW, "POST")
@xframe_options_sameorigin
def show_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What is in the form, for the contact `as`; a document for a frame."""
    get_campaign(pk)
    content = {name: request.POST.get(name, "") for name in (*OF_TEMPLATE, "from_name")}
    return _document(request, content, request.POST.get("as", ""))


def _document(request: HttpRequest, content: dict[str, Any], address: str) -> HttpResponse:
    try:
        check_texts(content)
        seen = preview(content | {"subject": content["subject"] or "-"}, contact_to_show(address))
    except ValidationError as error:
        context = {"problems": error.messages}
        response = render(request, "automations/email/no_preview.html", context, status=422)
    else:
        response = HttpResponse(seen.html)
    response["Content-Security-Policy"] = SANDBOX
    return response


@may(VIEW, "POST")
def count_recipients(request: HttpRequest, pk: int) -> HttpResponse:
    """How many would get it with the lists and the segment in the form."""
    lists = list(List.objects.filter(pk__in=_ids(request.POST.getlist("lists"))).values_list("pk", flat=True))
    segment = Segment.objects.filter(pk__in=_ids([request.POST.get("segment", "")])).first()
    chosen = bool(lists or segment)
    count = recipients(lists, segment.pk if segment else None, timezone.now()).count() if chosen else 0
    return render(request, "automations/campaigns/recipients.html", {"recipients": count})


def _ids(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) < 19]


@may(CHANGE, "POST")
def try_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Send what is in the form to people of the team; answers with one sentence."""
    get_campaign(pk)
    names = (*OF_TEMPLATE, "from_name", "from_email", "reply_to")
    content = {name: request.POST.get(name, "") for name in names}
    addresses = request.POST.get("addresses", "").replace(",", " ").replace(";", " ").split()
    try:
        contact = contact_to_show(request.POST.get("as", ""))
        sent = services.send_test(content=content, contact=contact, addresses=addresses)
    except ValidationError as error:
        text = _("Not sent. %s") % " ".join(error.messages)
        return render(request, "automations/email/test_result.html", {"text": text, "ok": False}, status=422)
    text = _("Sent to %s.") % ", ".join(sent)
    return render(request, "automations/email/test_result.html", {"text": text, "ok": True})


@may(CHANGE, "GET", "POST")
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """The last look before it goes: to how many, now or when. POST sends or schedules."""
    campaign = get_campaign(pk)
    if not is_open(campaign):
        return redirect("campaigns:report", pk=pk)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            if request.POST.get("when") == "later":
                services.schedule_campaign(campaign=campaign, at=_moment(request.POST.get("at", "")))
            else:
                services.start_campaign(campaign=campaign)
        except ValidationError as error:
            has_fields = hasattr(error, "error_dict")
            errors = error.message_dict if has_fields else {"__all__": error.messages}
        else:
            later = request.POST.get("when") == "later"
            return redirect("campaigns:editor" if later else "campaigns:report", pk=pk)
    context = page_context(request, get_campaign(pk)) | {
        "recipients": recipients_of(campaign).count(),
        "problems": services.problems_of_campaign(campaign),
        "errors": errors,
        "at": request.POST.get("at", ""),
    }
    return full_page(request, "automations/campaigns/review.html", context, status=422 if errors else 200)


def _moment(text: str) -> datetime:
    """A datetime-local field's value, in the account's time zone."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError({"scheduled_at": _("Choose a day and a time.")}) from None
    return at_wall_time(wall.date(), wall.time(), Account.current().zone)


ACTIONS: dict[str, Any] = {
    "pause": services.pause_campaign,
    "resume": services.resume_campaign,
    "cancel": services.cancel_campaign,
}


@may(CHANGE, "POST")
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    if action not in ACTIONS:
        raise Http404
    return _done(request, pk, lambda campaign: ACTIONS[action](campaign=campaign), "campaigns:editor")


@may(ADD, "POST")
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, lambda campaign: duplicate_campaign(campaign=campaign), "campaigns:editor")


@may(DELETE, "POST")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, lambda campaign: delete_campaign(campaign=campaign), "campaigns:list")


@may("contacts.add_emailtemplate", "POST")
def keep_as_template(request: HttpRequest, pk: int) -> HttpResponse:
    def keep(campaign: Campaign) -> None:
        values = {name: getattr(campaign, name) for name in OF_TEMPLATE}
        save_template(values={**values, "name": campaign.name[:100]})

    return _done(request, pk, keep, "campaigns:templates")


def _done(request: HttpRequest, pk: int, verb: Any, where: str) -> HttpResponse:
    """Do it and go on; what is refused is said on the page of the campaign."""
    campaign = get_campaign(pk)
    try:
        record = verb(campaign)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("campaigns:editor", pk=pk)
    if where != "campaigns:editor":
        return redirect(where)
    return redirect(where, pk=record.pk)
