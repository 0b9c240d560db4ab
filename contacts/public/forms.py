"""The page of a form, the page that confirms an address, and the script that embeds a form elsewhere."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.throttling import SimpleRateThrottle

from contacts.language import spoken_language
from contacts.links import read_confirmation
from contacts.models import Form, FormSubmission
from contacts.models.forms import SubmissionStatus
from contacts.selectors.forms import Question, form_url, questions
from contacts.services import confirm_submission, submit_form
from contacts.services.forms import clean_visitor

from .page import HEADERS, MAX_BODY

# People don't see it; programs that fill in everything do. No field's key begins with “_”.
HONEYPOT = "_more"
CAME_FROM = "_from"
# What site tracking knows this browser by.
VISITOR = "_visitor"


class FormThrottle(SimpleRateThrottle):
    """Counts posts by network address."""

    scope = "forms"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"form-{self.get_ident(request)}"

    def address(self, request: HttpRequest) -> str:
        return str(self.get_ident(request))  # type: ignore[arg-type]  # any request that has META


View = Callable[[HttpRequest, str], HttpResponse]


def _public(page: View) -> View:
    """No CSRF token: the form may stand on any site, and whoever posts it acts for nobody who is signed in."""

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(page)
    def view(request: HttpRequest, token: str) -> HttpResponse:
        response = (_refused(request) if request.method == "POST" else None) or page(request, token)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        return response

    return view


@_public
def form_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, or take in what was sent. `?embed=1` is the same page within a frame of another site."""
    form = Form.objects.filter(token=token).first()
    if form is None or not form.is_active:
        return _message(request, "closed" if form else "unknown", status=410 if form else 404)
    if request.method != "POST":
        return _ask(request, form, came_from=request.META.get("HTTP_REFERER", ""))
    if request.POST.get(HONEYPOT):
        return _thank(request, form)
    asked = questions(form)
    came_from = request.POST.get(CAME_FROM) or request.META.get("HTTP_REFERER", "")
    address = FormThrottle().address(request)
    try:
        submit_form(
            form=form, data=_sent(request, asked), source_url=_web_address(came_from), address=address,
            visitor=request.POST.get(VISITOR, ""),
        )  # fmt: skip
    except ValidationError as error:
        return _ask(request, form, came_from, error)
    return _thank(request, form)


@_public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and POST does: mail scanners follow links, but press no buttons."""
    pk = read_confirmation(token)
    found = FormSubmission.objects.select_related("form", "contact").filter(pk=pk) if pk else None
    submission = found.first() if found is not None else None
    if submission is None:
        return _message(request, "broken" if pk is None else "gone", status=404 if pk is None else 410)
    with translation.override(spoken_language(submission.contact) or translation.get_language()):
        if request.method == "POST":
            confirm_submission(submission=submission)
            return _thank(request, submission.form, confirmed=True)
        done = submission.status == SubmissionStatus.CONFIRMED
        context = {"form": submission.form, "done": done}
        response = render(request, "contacts/public/form_confirm.html", context)
        response["Content-Security-Policy"] = _policy(submission.form, ancestors="'none'")
        return response


@require_safe
def script(request: HttpRequest, token: str) -> HttpResponse:
    """A few lines that put the form's page, in a frame, in the place of their <script> element."""
    form = Form.objects.filter(token=token, is_active=True).first()
    if form is None:
        return HttpResponse("", status=404, content_type="text/javascript; charset=utf-8")
    settings = {
        "address": f"{form_url(form)}?embed=1",
        "title": form.title or form.name,
        "height": 330 + sum(q.height for q in questions(form)),
    }
    # JSON is a JavaScript value; "<" is spelt out in case somebody pastes the script into a page.
    text = json.dumps(settings).replace("<", "\\u003c")
    response = HttpResponse(
        render_to_string("contacts/public/embed.js", {"settings": text}),
        content_type="text/javascript; charset=utf-8",
    )
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cache-Control"] = "public, max-age=300"
    return response


def _refused(request: HttpRequest) -> HttpResponse | None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        return _message(request, "too_much", status=413)
    throttle = FormThrottle()
    if throttle.allow_request(request, None):  # type: ignore[arg-type]  # any request that has META
        return None
    response = _message(request, "too_often", status=429)
    response["Retry-After"] = str(int(throttle.wait() or 60) + 1)
    return response


def _sent(request: HttpRequest, asked: list[Question]) -> dict[str, Any]:
    post = request.POST
    return {q.key: post.getlist(q.key) if q.multiple else post.get(q.key) for q in asked if q.key in post}


def _web_address(text: str) -> str:
    return text[:500] if text.startswith(("https://", "http://")) and "\x00" not in text else ""


def _ask(request: HttpRequest, form: Form, came_from: str, error: ValidationError | None = None) -> HttpResponse:
    by_field = error.message_dict if error is not None and hasattr(error, "error_dict") else {}
    # Fields may be filled in by the address, as in ?first_name=Ann; that is how hidden ones get a value.
    sent = request.POST if request.method == "POST" else request.GET
    rows = [
        {"q": q, "value": sent.get(q.key, ""), "chosen": sent.getlist(q.key), "errors": by_field.get(q.key, [])}
        for q in questions(form)
    ]
    context = {
        "form": form,
        "rows": rows,
        "came_from": _web_address(came_from),
        "honeypot": HONEYPOT,
        "from_name": CAME_FROM,
        "visitor_name": VISITOR,
        "visitor": clean_visitor(sent.get(VISITOR, "")),
        "message": "" if by_field or error is None else " ".join(error.messages),
    }
    response = render(request, "contacts/public/form.html", context, status=200 if error is None else 422)
    return _framed(response, form)


def _thank(request: HttpRequest, form: Form, *, confirmed: bool = False) -> HttpResponse:
    embedded = request.GET.get("embed") == "1"
    waiting = form.double_opt_in and not confirmed
    if form.redirect_url and not embedded and not waiting:
        return _framed(HttpResponseRedirect(form.redirect_url), form)
    context = {"form": form, "waiting": waiting, "confirmed": confirmed}
    return _framed(render(request, "contacts/public/form_thanks.html", context), form)


def _framed(response: HttpResponse, form: Form | None) -> HttpResponse:
    """Any site may frame a form: it shows nothing of its visitor and does nothing in their name."""
    response.xframe_options_exempt = True
    response["Content-Security-Policy"] = _policy(form, ancestors="*")
    return response


def _policy(form: Form | None, ancestors: str) -> str:
    """Browsers hold redirects after a post to form-action too, and the owner's site may redirect to others."""
    targets = "'self' https: http:" if form and form.redirect_url else "'self'"
    return (
        f"default-src 'none'; style-src 'self'; form-action {targets}; base-uri 'none'; "
        f"frame-ancestors {ancestors}"
    )


def _message(request: HttpRequest, kind: str, status: int) -> HttpResponse:
    """Framed too: who posts too often from within a frame should read that, not see a broken frame."""
    return _framed(render(request, "contacts/public/form_message.html", {"kind": kind}, status=status), None)
