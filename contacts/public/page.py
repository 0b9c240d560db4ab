"""What the pages that contacts see have in common: who is meant, in which language, and with which headers."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from rest_framework.throttling import SimpleRateThrottle

from contacts.language import spoken_language
from contacts.links import INERT, Link, read_token
from contacts.models import Contact, List
from contacts.models.engagement import EmailAction
from contacts.services.engagement import record_email_activity

MAX_BODY = 64 * 1024
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    # The address of the page holds the token.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

View = Callable[[HttpRequest, str], HttpResponse]
Page = Callable[[HttpRequest, Contact, Link], HttpResponse]


class PublicThrottle(SimpleRateThrottle):
    """Counts posts by contact. Not by IP address: mail programs post from a few servers for everyone.

    Posts with a bad token, which nobody's program sends, are counted by IP address.
    """

    scope = "public"

    def __init__(self, whom: str) -> None:
        super().__init__()
        self.whom = whom

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"public-page-{self.whom or self.get_ident(request)}"


def contact_page(purpose: str) -> Callable[[Page], View]:
    """Makes a view of a function that answers for the contact whom a token of this purpose means.

    GET must ask and POST do: link scanners follow links, but don't post. The signed token
    stands in place of a CSRF token; mail programs post without cookies.
    """

    def decorate(page: Page) -> View:
        @csrf_exempt
        @require_http_methods(["GET", "HEAD", "POST"])
        @_with_headers
        @wraps(page)
        def view(request: HttpRequest, token: str) -> HttpResponse:
            if token == INERT:
                return _message(request, "inert")
            link = read_token(token, purpose)
            if request.method == "POST" and (refusal := _refused(request, link)):
                return refusal
            if link is None:
                return _message(request, "broken", status=404)
            contact = link.contact()
            if contact is None:
                # 200 for a program's post: what it asked for is so.
                return _message(request, "gone", status=200 if request.method == "POST" else 410)
            with translation.override(spoken_language(contact) or translation.get_language()):
                return page(request, contact, link)

        return view

    return decorate


def note_unsubscribed(link: Link, left: Sequence[List]) -> None:
    """Count it for the e-mail in which the link stood. Nothing was left: nothing is counted."""
    email = link.email() if left else None
    if email is not None:
        record_email_activity(
            email=email, action=EmailAction.UNSUBSCRIBE, detail=", ".join(row.name for row in left)
        )


def masked(address: str) -> str:
    """Enough for its owner to know it; an e-mail that was passed on tells nobody else."""
    local, _at, domain = address.partition("@")
    return f"{local[:1]}{'•' * 5}@{domain}"


def _with_headers(view: View) -> View:
    @wraps(view)
    def wrapper(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return wrapper


def _refused(request: HttpRequest, link: Link | None) -> HttpResponse | None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        return _message(request, "too_much", status=413)
    throttle = PublicThrottle(f"contact-{link.contact_id}" if link else "")
    if throttle.allow_request(request, None):  # type: ignore[arg-type]  # any request that has META
        return None
    response = _message(request, "too_often", status=429)
    response["Retry-After"] = str(int(throttle.wait() or 60) + 1)
    return response


def _message(request: HttpRequest, kind: str, status: int = 200) -> HttpResponse:
    return render(request, "contacts/public/message.html", {"kind": kind}, status=status)
