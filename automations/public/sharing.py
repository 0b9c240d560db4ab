"""Reading an e-mail in the browser, and sharing it."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render

from automations.delivery.message import Preview
from automations.delivery.own_links import public_url
from automations.delivery.reading import read_public, read_web
from contacts.links import INERT
from contacts.mail_tokens import read_token
from contacts.models import SentEmail
from contacts.models.engagement import EmailAction
from contacts.networks import NETWORKS
from contacts.origin import Origin, Source, caused_by
from contacts.public.limits import exceeded
from contacts.public.page import HEADERS
from contacts.services.clicks import judge_share
from contacts.services.engagement import record_email_activity

PER_MINUTE = 30
READS_PER_MINUTE = 120
#: A user's content: no script, no form, of no origin. It may open links.
SANDBOX = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; "
    "img-src https: http: data:; style-src 'unsafe-inline'; font-src https:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def email_of(purpose: str, token: str) -> SentEmail | None:
    pk = read_token(purpose, token)
    return SentEmail.objects.select_related("contact", "campaign").filter(pk=pk).first() if pk else None


def share(request: HttpRequest, network: str, token: str) -> HttpResponse:
    """Record it, and lead to the network; nothing in the request can change where."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if token == INERT:
        return message_page(request, "inert")
    email, where = email_of("share", token), NETWORKS.get(network)
    if email is None or where is None:
        return message_page(request, "broken", 404)
    if not exceeded(f"shares-{email.pk}", PER_MINUTE):
        machine = judge_share(email=email, method=str(request.method), headers=request.headers)
        if machine is not None:
            with caused_by(Origin(source=Source.CONTACT)):
                record_email_activity(email=email, action=EmailAction.SHARE, detail=where.slug, machine=machine)
    response = HttpResponseRedirect(where.share_url(public_url(email.pk), _title(email)))
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def web_version(request: HttpRequest, token: str) -> HttpResponse:
    """The recipient's own."""
    if token == INERT:
        return message_page(request, "inert")
    email = email_of("web", token)
    if email is None:
        return message_page(request, "broken", 404)
    if wait := exceeded(f"reads-{email.pk}", READS_PER_MINUTE):
        return too_often(request, wait)
    try:
        return _shown(request, read_web(email))
    except ValidationError:
        return message_page(request, "no_version", 410)


def public_version(request: HttpRequest, token: str) -> HttpResponse:
    """For everybody who gets the address; says nothing of the recipient."""
    email = email_of("public", token)
    if email is None:
        return message_page(request, "broken", 404)
    try:
        return _shown(request, read_public(email))
    except ValidationError:
        return message_page(request, "no_version", 410)


def _title(email: SentEmail) -> str:
    """The subject for nobody in particular: the one that was sent may name the recipient."""
    try:
        return read_public(email).subject
    except ValidationError:
        return ""


def _shown(request: HttpRequest, seen: Preview) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    response = HttpResponse(seen.html)
    for name, value in {**HEADERS, "Content-Security-Policy": SANDBOX}.items():
        response[name] = value
    return response


def message_page(request: HttpRequest, kind: str, status: int = 200) -> HttpResponse:
    response = render(request, "contacts/public/message.html", {"kind": kind}, status=status)
    for name, value in HEADERS.items():
        response[name] = value
    return response


def too_often(request: HttpRequest, wait: int) -> HttpResponse:
    response = message_page(request, "too_often", 429)
    response["Retry-After"] = str(wait)
    return response
