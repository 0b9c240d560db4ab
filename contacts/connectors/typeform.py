"""Typeform: https://www.typeform.com/developers/webhooks/ (signature, example payload) and its Create API."""

import base64
import hashlib
import hmac
import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .api import PAGES, ask
from .base import (
    CONNECTORS,
    Connector,
    Malformed,
    Received,
    Request,
    json_object,
    named,
    part,
    same,
    split_name,
    text,
    texts,
)

# Answers are labelled by the form's own reference unless Typeform made that up (a UUID).
MADE_UP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Za-z]{26}")
NAMES = {"email": ("email", "email_address", "e_mail"), "phone": ("phone", "phone_number")}


@CONNECTORS.register
class Typeform(Connector):
    slug = "typeform"
    label = "Typeform"
    icon = "ballot"
    source_label = gettext_lazy("form")
    happened = gettext_lazy("Answered “%s” in Typeform.")
    lists_sources = True
    steps = (
        gettext_lazy("In Typeform, open the form and go to Connect › Webhooks › Add a webhook."),
        gettext_lazy("Paste this address there as the endpoint, and save."),
        gettext_lazy("Choose Edit beside the new webhook, and paste the secret into “Secret”."),
        gettext_lazy("Switch the webhook on, and do the same for each form whose answers should come here."),
        gettext_lazy("The form must ask for an e-mail address, or be given one in a hidden field “email”."),
    )
    api = "https://api.typeform.com"

    def verify(self, request: Request, secret: str) -> None:
        """`Typeform-Signature: sha256=<base64 HMAC-SHA256 of the body>`."""
        digest = hmac.new(secret.encode(), request.body, hashlib.sha256).digest()
        same(request.headers.get("typeform-signature", ""), f"sha256={base64.b64encode(digest).decode()}")

    def parse(self, request: Request) -> Received:
        given = json_object(request.body)
        response = part(given, "form_response")
        form = text(response.get("form_id"))
        token = text(response.get("token")) or text(given.get("event_id"))
        if not form or not token:
            raise Malformed(_("This is not what Typeform sends: “form_id” or “token” is missing."))
        answers, hidden = _answers(response), _hidden(response)
        first, last = _name(answers, hidden)
        return Received(
            external_id=f"{text(given.get('event_type'))}:{token}"[:255],
            source_id=form[:255],
            source_name=text(part(response, "definition").get("title"))[:250],
            email=_of_type(answers, "email") or _first(hidden, NAMES["email"]),
            first_name=first,
            last_name=last,
            phone=_of_type(answers, "phone_number") or _first(hidden, NAMES["phone"]),
            data={
                "form": text(part(response, "definition").get("title")),
                "submitted_at": text(response.get("submitted_at")),
                "answers": named((label, answer) for _kind, label, answer in answers),
                "hidden": named(hidden.items()),
            },
            counts=text(given.get("event_type")) == "form_response",
        )

    def sources(self, token: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for page in range(1, PAGES + 1):
            answer = ask(f"{self.api}/forms?page_size=200&page={page}", token)
            rows = [row for row in answer.get("items") or () if isinstance(row, dict)]
            found += [(text(row.get("id")), text(row.get("title"))) for row in rows]
            pages = answer.get("page_count")
            if not rows or not isinstance(pages, int) or page >= pages:
                break
        return found


Answers = list[tuple[str, str, str]]


def _answers(response: dict[str, Any]) -> Answers:
    """(type, label, text) of each answer."""
    fields = part(response, "definition").get("fields")
    titles = {
        row.get("id"): text(row.get("title"))
        for row in (fields if isinstance(fields, list) else ())
        if isinstance(row, dict) and isinstance(row.get("id"), str)
    }
    rows = response.get("answers")
    found = []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            field = part(row, "field")
            ref, identity = text(field.get("ref")), field.get("id")
            title = titles.get(identity, "") if isinstance(identity, str) else ""
            label = title if not ref or MADE_UP.fullmatch(ref) else ref
            found.append((text(row.get("type")), label or text(field.get("type")), _answer(row)))
    return found


def _answer(row: dict[str, Any]) -> str:
    value = row.get(text(row.get("type")))
    if not isinstance(value, dict):
        return text(value)
    if isinstance(value.get("labels"), list):  # several choices
        return texts([*value["labels"], value.get("other")])
    return text(value.get("label")) or text(value.get("other")) or texts(value.values())


def _hidden(response: dict[str, Any]) -> dict[str, str]:
    return {str(name): text(value) for name, value in part(response, "hidden").items()}


def _of_type(answers: Answers, kind: str) -> str:
    return next((answer for found, _label, answer in answers if found == kind and answer), "")


def _first(values: dict[str, str], names: tuple[str, ...]) -> str:
    folded = {name.casefold().replace("-", "_"): value for name, value in values.items()}
    return next((folded[name] for name in names if folded.get(name)), "")


def _name(answers: Answers, hidden: dict[str, str]) -> tuple[str, str]:
    """From questions called “First name” and the like, or hidden fields."""
    values = {**named((label, answer) for _kind, label, answer in answers), **named(hidden.items())}
    first = _first(values, ("first_name", "firstname", "what_s_your_first_name", "whats_your_first_name"))
    last = _first(values, ("last_name", "lastname", "what_s_your_last_name", "whats_your_last_name"))
    if first or last:
        return first, last
    return split_name(_first(values, ("name", "full_name", "what_s_your_name", "whats_your_name")))
