"""A file of a personal e-mail: a page that says what it is, and the file once its button is pressed.

Link scanners and previews follow links, but press no buttons: what is fetched here, a person fetched.
"""

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from contacts.mail_tokens import read_token
from contacts.origin import Origin, Source, caused_by
from contacts.public.limits import exceeded
from contacts.public.page import HEADERS
from deals.models import MailAttachment
from deals.services.attachments import record_download, shown_size

#: More fetches of one file within a minute are refused.
PER_MINUTE = 20
#: No browser runs or shows it, whatever is in it.
FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store, private",
}


@csrf_exempt  # the token says who may; there is no session
def attachment_page(request: HttpRequest, token: str) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    pk = read_token("attachment", token)
    rows = MailAttachment.objects.select_related("email__email").filter(email__isnull=False)
    attachment = rows.filter(pk=pk).first() if pk else None
    if attachment is None:
        return _page(request, "contacts/public/message.html", {"kind": "broken"}, status=404)
    if request.method != "POST":
        context = {"attachment": attachment, "size": shown_size(attachment)}
        return _page(request, "deals/public/attachment.html", context)
    if wait := exceeded(f"download-{attachment.pk}", PER_MINUTE):
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    return _file(request, attachment)


def _file(request: HttpRequest, attachment: MailAttachment) -> HttpResponseBase:
    try:
        content = attachment.file.open("rb")
    except OSError:
        return _page(request, "contacts/public/message.html", {"kind": "broken"}, status=404)
    if not request.user.is_authenticated:  # the team's own looks are nobody's download
        with caused_by(Origin(source=Source.CONTACT)):
            record_download(attachment=attachment)
    response = FileResponse(
        content, as_attachment=True, filename=attachment.name, content_type="application/octet-stream"
    )
    for name, value in FILE_HEADERS.items():
        response[name] = value
    return response


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    for name, value in HEADERS.items():
        response[name] = value
    return response
