"""Writing to a contact, and the conversation with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from automations.delivery.personal import document
from automations.delivery.views import SANDBOX
from automations.models import Delivery
from automations.services.personal_emails import Writing, letter_of, send_personal_email
from contacts.admin.base import styled
from contacts.models import Account, Contact
from contacts.shell import full_page, may
from deals.models import Deal, MailAttachment, PersonalEmail
from deals.models.mail import Sentiment
from deals.selectors.mail import thread_of
from deals.services.attachments import store_attachment, unsent_attachments
from deals.services.mailboxes import mailbox_of
from deals.services.sentiment import set_sentiment

from .forms import WriteForm

VIEW, ADD, CHANGE = "deals.view_personalemail", "deals.add_personalemail", "deals.change_personalemail"
MAX_CONTACTS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody writes: a deal, an account, a contact, the list of contacts; and what they answer."""

    contacts: QuerySet[Contact]
    contact: Contact | None
    deal: Deal | None = None
    account: Account | None = None
    answers: PersonalEmail | None = None
    from_overview: bool = False

    @property
    def record(self) -> Any:
        return self.deal or self.account or self.contact


def place_of(request: HttpRequest) -> Place:
    """From the address: `?deal=`, `?account=` or `?contact=`, with `?answers=`; 404 for what there is not."""
    answers = _record(PersonalEmail, request, "answers")
    deal, account = _record(Deal, request, "deal"), _record(Account, request, "account")
    contact = _record(Contact, request, "contact")
    if answers is not None:
        contact = answers.contact
        contacts = Contact.objects.filter(pk=contact.pk)
    elif deal is not None:
        contacts = deal.contacts.order_by("-participations__is_primary", "pk").distinct()
    elif account is not None:
        contacts = account.contacts.order_by("pk")
    elif contact is not None:
        contacts = Contact.objects.filter(pk=contact.pk)
    else:
        raise Http404
    overview = request.GET.get("from") == "overview" and deal is None and account is None
    return Place(contacts, contact, deal, account, answers, overview)


def _record(model: Any, request: HttpRequest, name: str) -> Any:
    raw = request.GET.get(name, "")
    if not raw:
        return None
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 19):
        raise Http404
    return get_object_or_404(model, pk=raw)


@may(ADD, "GET", "POST")
def write(request: HttpRequest) -> HttpResponse:
    """POST `do`: send, attach (files), or drop-<id> (one of them)."""
    place = place_of(request)
    user: Any = request.user
    files, problems = _files(request)
    form = WriteForm(request.POST or None, contacts=place.contacts, user=user, initial=_initial(request, place))
    styled(form)
    sending = request.POST.get("do") == "send"
    if sending and form.is_valid() and not problems:
        try:
            row = send_personal_email(writing=_writing(user, place, form.cleaned_data, files))
        except ValidationError as error:
            _add(form, error)
        else:
            messages.success(request, _("The e-mail to %s is on its way.") % row.recipient)
            return redirect("personal:thread", pk=row.pk)
    if form.is_bound and not sending:
        # Files come and go while the text is being written: that it is not complete yet is no mistake.
        form.errors.clear()
    context = {
        "title": _("Write an e-mail"),
        "form": form,
        "place": place,
        "files": files,
        "problems": problems,
        "preview_url": f"{reverse('personal:preview')}?{request.GET.urlencode()}",
        "has_mailbox": form.fields["mailbox"].queryset.exists(),  # type: ignore[attr-defined]  # a choice of records
        "back_url": _page_of(place.record),
    }
    status = 422 if form.errors or problems else 200
    return full_page(request, "automations/correspondence/write.html", context, status=status)


@may(ADD, "POST")
@xframe_options_sameorigin
def show_preview(request: HttpRequest) -> HttpResponse:
    """What is in the form, as the contact would see it; a document for a frame."""
    place = place_of(request)
    form = WriteForm(request.POST, contacts=place.contacts, user=request.user)
    files, problems = _kept_files(request)
    whole = ""
    if form.is_valid():
        writing = _writing(request.user, place, form.cleaned_data, files)
        signature = writing.mailbox.signature if writing.mailbox else ""
        try:
            whole = document(letter_of(writing).html, signature=signature, files=files, inert=True)
        except ValidationError as error:
            problems += error.messages
    else:
        problems += [f"{form[name].label}: {text}" for name, texts in form.errors.items() for text in texts]
    if problems:
        response = render(request, "automations/email/no_preview.html", {"problems": problems}, status=422)
    else:
        response = HttpResponse(whole)
    response["Content-Security-Policy"] = SANDBOX
    return response


def _initial(request: HttpRequest, place: Place) -> dict[str, Any]:
    answers = place.answers
    mailbox = mailbox_of(request.user.pk)
    if answers is not None and answers.mailbox is not None and answers.mailbox.user_id == request.user.pk:
        mailbox = answers.mailbox if answers.mailbox.is_active else mailbox
    subject = answers.subject if answers else ""
    if subject and not subject.lower().startswith("re:"):
        subject = f"Re: {subject}"[:250]
    return {
        "contact": place.contact.pk if place.contact else None,
        "mailbox": mailbox.pk if mailbox else None,
        "subject": subject,
    }


def _writing(user: Any, place: Place, data: dict[str, Any], files: list[MailAttachment]) -> Writing:
    return Writing(
        user=user,
        contact=data["contact"],
        subject=data["subject"],
        body=data["body"],
        mailbox=data["mailbox"],
        deal=place.deal,
        account=place.account,
        from_overview=place.from_overview,
        answers=place.answers,
        attachments=files,
        track_opens=data["track_opens"],
        track_links=data["track_links"],
    )


def _files(request: HttpRequest) -> tuple[list[MailAttachment], list[str]]:
    """The uploads so far, with those that come with this request; and what is wrong with them."""
    problems: list[str] = []
    new: list[int] = []
    for upload in request.FILES.getlist("files"):
        try:
            new.append(store_attachment(file=upload, name=upload.name or "", user_id=request.user.pk).pk)
        except ValidationError as error:
            problems += error.messages
    files, wrong = _kept_files(request, new)
    return files, [*problems, *wrong]


def _kept_files(request: HttpRequest, new: Sequence[int] = ()) -> tuple[list[MailAttachment], list[str]]:
    """Those that the form names, without the one that is dropped, and `new` ones."""
    dropped = request.POST.get("do", "").removeprefix("drop-")
    named = [raw for raw in request.POST.getlist("attachments") if raw.isdecimal() and len(raw) < 19]
    ids = [*(int(raw) for raw in named if raw != dropped), *new]
    try:
        return unsent_attachments(ids=ids, user_id=request.user.pk), []
    except ValidationError as error:
        return [], error.messages


def _add(form: WriteForm, error: ValidationError) -> None:
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in by_field.items():
        form.add_error(name if name in form.fields else None, texts)


def _page_of(record: Any) -> str:
    names = {Contact: "contacts_contact", Account: "contacts_account", Deal: "deals_deal"}
    return reverse(f"admin:{names[type(record)]}_change", args=[record.pk])


@may(VIEW, "GET")
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole conversation, the oldest e-mail first."""
    email = get_object_or_404(PersonalEmail.objects.select_related("contact", "deal", "account"), pk=pk)
    emails = thread_of(email)
    last = emails[-1]
    names = {"answers": last.pk} | ({"deal": last.deal_id} if last.deal_id else {})
    if last.account_id and not last.deal_id:
        names["account"] = last.account_id
    context = {
        "title": str(emails[0]),
        "email": email,
        "rows": list(zip(emails, _states(emails), strict=True)),
        "sentiments": Sentiment.choices,
        "may_write": request.user.has_perm(ADD),
        "may_change": request.user.has_perm(CHANGE),
        "answer_url": f"{reverse('personal:write')}?{urlencode(names)}",
        "back_url": _page_of(email.deal or email.account or email.contact),
        "back_to": email.deal or email.account or email.contact,
    }
    return full_page(request, "automations/correspondence/thread.html", context)


def _states(emails: list[PersonalEmail]) -> list[str]:
    """What became of each that was sent, in words; "" for those that came in or went out."""
    rows = Delivery.objects.in_bulk([email.delivery for email in emails if email.delivery])
    found = []
    for email in emails:
        row = rows.get(email.delivery or 0)
        sent = row is None or row.status == "sent"
        reason = "" if sent or row is None else str(row.get_skip_reason_display() or row.error)
        words = "" if sent or row is None else str(row.get_status_display())
        found.append(f"{words} ({reason})" if reason else words)
    return found


@may(CHANGE, "POST")
def correct_sentiment(request: HttpRequest, pk: int) -> HttpResponse:
    email = get_object_or_404(PersonalEmail, pk=pk)
    try:
        set_sentiment(email=email, value=request.POST.get("sentiment", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The sentiment was changed."))
    return redirect("personal:thread", pk=pk)
