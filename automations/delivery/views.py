"""Looking at an e-mail before it goes out: as one contact would see it, and sent to oneself."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from automations.models import Step
from contacts.models import Contact

from .mailer import hand_over, mail_connection
from .message import build_test, preview
from .outbox import Permanent, Temporary, Unclear

#: The content is a user's: no script runs, no form posts, and it is of no origin.
SANDBOX = (
    "sandbox allow-popups; default-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src *; "
    "form-action 'none'; frame-ancestors 'self'"
)


@require_GET
@login_required
@permission_required("automations.view_automation", raise_exception=True)
@xframe_options_sameorigin
def preview_page(request: HttpRequest, automation_id: int, key: str) -> HttpResponse:
    """The draft's e-mail for `?contact=<id>` (without one: the newest). A document for a frame.

    `?format=text` gives the plain text, `?format=json` everything around it: subject, preheader,
    sender, reply_to, text. What can't be made for the contact is said with status 422.
    """
    wanted = request.GET.get("format", "html")
    try:
        seen = preview(_content(automation_id, key), _contact(request.GET.get("contact", "")))
    except ValidationError as error:
        if wanted == "json":
            return JsonResponse({"error": error.messages}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        context = {"problems": error.messages}
        response = render(request, "automations/email/no_preview.html", context, status=422)
        response["Content-Security-Policy"] = SANDBOX
        return response
    if wanted == "json":
        names = ("subject", "preheader", "sender", "reply_to", "text")
        return JsonResponse({name: getattr(seen, name) for name in names})
    if wanted == "text":
        return HttpResponse(seen.text, content_type="text/plain; charset=utf-8")
    return HttpResponse(seen.html, headers={"Content-Security-Policy": SANDBOX})


@require_POST
@login_required
@permission_required("automations.change_automation", raise_exception=True)
def send_test(request: HttpRequest, automation_id: int, key: str) -> HttpResponse:
    """Sends the preview for `contact` to the user who asks, now and past the ledger. Answers with one sentence."""
    user: Any = request.user
    try:
        content, contact = _content(automation_id, key), _contact(request.POST.get("contact", ""))
        if not user.email:
            raise ValidationError(_("Your user has no e-mail address; add it to the user first."))
        message = build_test(content, contact, user.email)
        with mail_connection() as connection:
            hand_over(connection, message)
    except (ValidationError, Temporary, Permanent, Unclear) as error:
        reasons = error.messages if isinstance(error, ValidationError) else [str(error)]
        return _sentence(request, _("Not sent. %s") % " ".join(reasons), HTTPStatus.UNPROCESSABLE_ENTITY)
    return _sentence(request, _("Sent to %s.") % user.email, HTTPStatus.OK)


def _sentence(request: HttpRequest, text: str, status: int) -> HttpResponse:
    return render(
        request, "automations/email/test_result.html", {"text": text, "ok": status == 200}, status=status
    )


def _content(automation_id: int, key: str) -> dict[str, Any]:
    step = get_object_or_404(Step, automation=automation_id, key=key)
    content = step.message_content()
    if content is None:
        raise Http404
    return content


def _contact(pk: str) -> Contact:
    """The contact asked for; the newest, or (there is none yet) one that is made up."""
    if pk:
        if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
            raise Http404
        return get_object_or_404(Contact.objects.select_related("owner"), pk=pk)
    newest = Contact.objects.select_related("owner").order_by("-pk").first()
    if newest is not None:
        return newest
    sample = Contact(email="ada@example.com", first_name="Ada", last_name="Lovelace")
    sample.custom_values = {}
    sample.score_points = {}
    return sample
