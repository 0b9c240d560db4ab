"""A user's own mailboxes: connecting, changing, reading at once, disconnecting."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.admin.base import styled
from contacts.services.usage import InUse
from contacts.shell import full_page, may
from deals.mailbox_form import MailboxForm
from deals.models import Mailbox
from deals.services.mail_polling import poll_mailbox
from deals.services.mailboxes import delete_mailbox

VIEW, ADD = "deals.view_mailbox", "deals.add_mailbox"
CHANGE, DELETE = "deals.change_mailbox", "deals.delete_mailbox"


@may(VIEW, "GET")
def own_mailboxes(request: HttpRequest) -> HttpResponse:
    context = {
        "title": _("My mailboxes"),
        "mailboxes": list(Mailbox.objects.filter(user=request.user.pk)),
        "may_add": request.user.has_perm(ADD),
        "may_change": request.user.has_perm(CHANGE),
        "may_delete": request.user.has_perm(DELETE),
    }
    return full_page(request, "automations/correspondence/mailboxes.html", context)


def _own(request: HttpRequest, pk: int) -> Mailbox:
    return get_object_or_404(Mailbox, pk=pk, user=request.user.pk)


@may(ADD, "GET", "POST")
def connect(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    suggested = {"name": _("Work"), "address": user.email, "sender_name": user.get_full_name()}
    return _form(request, Mailbox(user=user), _("Connect a mailbox"), suggested)


@may(CHANGE, "GET", "POST")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    mailbox = _own(request, pk)
    return _form(request, mailbox, str(mailbox))


def _form(
    request: HttpRequest, mailbox: Mailbox, title: str, initial: dict[str, Any] | None = None
) -> HttpResponse:
    form = styled(MailboxForm(request.POST or None, instance=mailbox, initial=initial))
    if request.method == "POST" and form.is_valid():
        form.keep()
        messages.success(request, _("The mailbox is connected.") if form.instance.is_active else _("Saved."))
        return redirect("personal:mailboxes")
    sections = [
        (_("Sender"), [form[name] for name in ("name", "address", "sender_name", "signature", "is_active")]),
        (_("Sending (SMTP)"), [field for field in form if field.name.startswith("smtp_")]),
        (_("Receiving (IMAP)"), [field for field in form if field.name.startswith("imap_")]),
    ]
    context = {"title": title, "form": form, "sections": sections}
    status = 422 if request.method == "POST" else 200
    return full_page(request, "automations/correspondence/mailbox.html", context, status=status)


@may(CHANGE, "POST")
def read_now(request: HttpRequest, pk: int) -> HttpResponse:
    mailbox = _own(request, pk)
    done = poll_mailbox(mailbox_id=mailbox.pk, now=timezone.now(), force=True)
    mailbox.refresh_from_db()
    if not done:
        messages.warning(request, _("The mailbox is not connected, or is being read right now."))
    elif mailbox.error:
        messages.error(request, mailbox.error)
    else:
        messages.success(request, _("The mailbox was read."))
    return redirect("personal:mailboxes")


@may(DELETE, "POST")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        delete_mailbox(mailbox=_own(request, pk))
    except (InUse, ValidationError) as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The mailbox was removed. Its e-mails stay."))
    return redirect("personal:mailboxes")
