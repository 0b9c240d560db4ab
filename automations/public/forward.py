"""The form by which a reader sends an e-mail on to friends."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt

from automations.delivery.forwarding import MAX_FRIENDS, forward_to_friends
from automations.delivery.outbox import Permanent, Temporary, Unclear
from contacts.language import spoken_language
from contacts.links import INERT
from contacts.models import SentEmail
from contacts.origin import Origin, Source, caused_by
from contacts.public.limits import exceeded, sender_of
from contacts.public.page import HEADERS, MAX_BODY
from contacts.values import fold_email

from .sharing import email_of, message_page, too_often

PER_EMAIL = 5
PER_ADDRESS = 20
#: What makes an address of a text: links have no place in a stranger's words.
ADDRESSES = ("://", "www.", "http:", "https:")


class ForwardForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Your name"), max_length=80)
    friends = forms.CharField(
        label=gettext_lazy("Your friends' e-mail addresses"),
        help_text=gettext_lazy("Up to five, separated by commas or on lines of their own."),
        max_length=1_500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    message = forms.CharField(
        label=gettext_lazy("A few words of yours (optional)"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    # People don't see it; programs that fill in everything do.
    website = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"})
    )

    def clean_name(self) -> str:
        return _without_links(" ".join(self.cleaned_data["name"].split()))

    def clean_message(self) -> str:
        return _without_links(self.cleaned_data["message"].strip())

    def clean_friends(self) -> list[str]:
        found = [
            fold_email(one) for one in self.cleaned_data["friends"].replace(",", " ").replace(";", " ").split()
        ]
        friends = list(dict.fromkeys(found))
        for friend in friends:
            try:
                validate_email(friend)
            except ValidationError:
                raise ValidationError(_("“%s” is not an e-mail address.") % friend[:100]) from None
        if len(friends) > MAX_FRIENDS:
            raise ValidationError(_("At most %d friends at a time.") % MAX_FRIENDS)
        return friends


def _without_links(text: str) -> str:
    if any(mark in text.casefold() for mark in ADDRESSES):
        raise ValidationError(_("Leave web addresses out; the link to the e-mail is added by itself."))
    return text


@csrf_exempt
def forward(request: HttpRequest, token: str) -> HttpResponse:
    """The signed token stands in place of a CSRF token; the form opens from an e-mail, without cookies."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if token == INERT:
        return message_page(request, "inert")
    email = email_of("forward", token)
    if email is None:
        return message_page(request, "broken", 404)
    spoken = spoken_language(email.contact) if email.contact else ""
    with translation.override(spoken or translation.get_language()):
        if request.method != "POST":
            name = (
                " ".join(filter(None, [email.contact.first_name, email.contact.last_name]))
                if email.contact
                else ""
            )
            return _page(request, email, ForwardForm(initial={"name": name[:80]}))
        return _posted(request, email)


def _posted(request: HttpRequest, email: SentEmail) -> HttpResponse:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        return message_page(request, "too_much", 413)
    wait = exceeded(f"forwards-{email.pk}", PER_EMAIL) or exceeded(
        f"forwards-from-{sender_of(request)}", PER_ADDRESS
    )
    if wait:
        return too_often(request, wait)
    form = ForwardForm(request.POST)
    if not form.is_valid():
        return _page(request, email, form, status=422)
    given: dict[str, Any] = form.cleaned_data
    if given["website"]:
        return _page(request, email, None)
    try:
        with caused_by(Origin(source=Source.CONTACT)):
            forward_to_friends(email=email, name=given["name"], friends=given["friends"], message=given["message"])
    except (Temporary, Permanent, Unclear, ValidationError):
        form.add_error(None, _("The e-mail could not be sent just now; try again in a few minutes."))
        return _page(request, email, form, status=503)
    return _page(request, email, None)


def _page(request: HttpRequest, email: SentEmail, form: ForwardForm | None, status: int = 200) -> HttpResponse:
    """Without a form: that it is done. It says the same whoever the friends are."""
    response = render(request, "contacts/public/forward.html", {"form": form, "email": email}, status=status)
    for name, value in HEADERS.items():
        response[name] = value
    return response
