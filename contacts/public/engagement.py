"""What an e-mail fetches or leads to: its pixel and its links."""

import base64

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from contacts.engagement_links import read_click, read_pixel
from contacts.links import identifying_url
from contacts.machines import Fetch
from contacts.models import CampaignLink, SentEmail
from contacts.origin import Origin, Source, caused_by
from contacts.services.clicks import receive_click, receive_open

from .limits import exceeded
from .page import HEADERS

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
#: More fetches of one e-mail within a minute are answered, but not recorded.
PER_MINUTE = 60
MAX_TOKEN = 4_000


@csrf_exempt
def pixel(request: HttpRequest, token: str) -> HttpResponse:
    """The same picture whatever the token: who guesses learns nothing."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    pk = read_pixel(token) if len(token) <= MAX_TOKEN else None
    email = SentEmail.objects.filter(pk=pk).first() if pk else None
    if email is not None and not exceeded(f"opens-{email.pk}", PER_MINUTE):
        with caused_by(Origin(source=Source.CONTACT)):
            receive_open(email=email, method=request.method, headers=request.headers)
    response = HttpResponse(GIF, content_type="image/gif")
    response["Cache-Control"] = "no-store, private, max-age=0"
    response["X-Robots-Tag"] = "noindex, nofollow"
    # Mail read in a browser shows the picture from its own site.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@csrf_exempt
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Leads where the e-mail led, which is signed; nothing in the request can change it."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    found = read_click(token) if len(token) <= MAX_TOKEN else None
    link = CampaignLink.objects.filter(pk=found.link).first() if found else None
    if found is None or link is None:
        return _broken(request)
    email = SentEmail.objects.select_related("contact").filter(pk=found.email).first()
    if email is not None and email.campaign_id != link.campaign_id:
        return _broken(request)
    verdict = Fetch.NOTHING
    if email is not None and not exceeded(f"clicks-{email.pk}", PER_MINUTE):
        with caused_by(Origin(source=Source.CONTACT)):
            verdict = receive_click(
                email=email, link=link, token=found, method=request.method, headers=request.headers
            )
    response = HttpResponse(status=302)
    response["Location"] = _identified(found.address or link.url, email, verdict)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _identified(url: str, email: SentEmail | None, verdict: Fetch) -> str:
    """The address, with what lets a tracked site know its visitor; a machine is nobody's visit."""
    contact = email.contact if email and verdict in (Fetch.PERSON, Fetch.HELD) else None
    return identifying_url(url, contact) if contact else url


def _broken(request: HttpRequest) -> HttpResponse:
    response = render(request, "contacts/public/message.html", {"kind": "broken"}, status=404)
    for name, value in HEADERS.items():
        response[name] = value
    return response
