"""Calendly: https://developer.calendly.com (webhook signatures, invitee payload, webhook subscriptions)."""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .api import PAGES, ask
from .base import (
    CONNECTORS,
    ApiFailed,
    Connector,
    Malformed,
    Received,
    Request,
    WrongSignature,
    json_object,
    named,
    part,
    same,
    split_name,
    text,
    texts,
)

BOOKED, CANCELED = "invitee.created", "invitee.canceled"


@CONNECTORS.register
class Calendly(Connector):
    slug = "calendly"
    label = "Calendly"
    icon = "event_available"
    source_label = gettext_lazy("meeting type")
    happened = gettext_lazy("Booked “%s” in Calendly.")
    lists_sources = True
    subscribes = True
    steps = (
        gettext_lazy("In Calendly, open Integrations & apps › API & webhooks and make a personal access token."),
        gettext_lazy("Paste it below as the API token, and save."),
        gettext_lazy(
            "Press “Connect”: Calendly is told this address and the secret, and your meeting types are read. "
            "Calendly has no page on which a webhook could be added by hand."
        ),
        gettext_lazy("Calendly sends webhooks on its paid plans only."),
    )
    api = "https://api.calendly.com"

    def verify(self, request: Request, secret: str) -> None:
        """`Calendly-Webhook-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""
        pairs = request.headers.get("calendly-webhook-signature", "").split(",")
        given = dict(pair.strip().partition("=")[::2] for pair in pairs)
        stamp = given.get("t", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
            raise WrongSignature
        signed = stamp.encode() + b"." + request.body
        same(given.get("v1", ""), hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest())
        if abs(request.now - int(stamp)) > settings.APP_SIGNATURE_TOLERANCE:
            raise WrongSignature

    def parse(self, request: Request) -> Received:
        given = json_object(request.body)
        event, payload = text(given.get("event")), part(given, "payload")
        meeting = part(payload, "scheduled_event")
        uri = text(payload.get("uri"))
        if not event or not uri:
            raise Malformed(_("This is not what Calendly sends: “event” or “payload.uri” is missing."))
        first, last = text(payload.get("first_name")), text(payload.get("last_name"))
        if not first and not last:
            first, last = split_name(text(payload.get("name")))
        return Received(
            external_id=f"{event}:{uri}"[:255],
            source_id=text(meeting.get("event_type"))[:255],
            source_name=text(meeting.get("name"))[:250],
            email=text(payload.get("email")),
            first_name=first,
            last_name=last,
            phone=text(payload.get("text_reminder_number")),
            data=_data(payload, meeting),
            counts=event == BOOKED,
        )

    def sources(self, token: str) -> list[tuple[str, str]]:
        me = part(ask(f"{self.api}/users/me", token), "resource")
        url = f"{self.api}/event_types?user={text(me.get('uri'))}&count=100"
        found: list[tuple[str, str]] = []
        for _page in range(PAGES):
            answer = ask(url, token)
            rows = [row for row in answer.get("collection") or () if isinstance(row, dict)]
            found += [(text(row.get("uri")), text(row.get("name"))) for row in rows]
            url = text(part(answer, "pagination").get("next_page"))
            if not url.startswith(f"{self.api}/"):  # the token goes to Calendly alone
                break
        return found

    def subscribe(self, token: str, *, address: str, secret: str) -> None:
        me = part(ask(f"{self.api}/users/me", token), "resource")
        if not me.get("uri"):
            raise ApiFailed(_("Calendly does not say whose token this is."))
        wanted = {
            "url": address,
            "events": [BOOKED, CANCELED],
            "organization": me.get("current_organization"),
            "user": me.get("uri"),
            "scope": "user",
            "signing_key": secret,
        }
        ask(f"{self.api}/webhook_subscriptions", token, send=wanted)


def _data(payload: dict[str, Any], meeting: dict[str, Any]) -> dict[str, Any]:
    rows = payload.get("questions_and_answers")
    asked = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    place, tracking = part(meeting, "location"), part(payload, "tracking")
    return {
        "meeting": text(meeting.get("name")),
        "starts_at": text(meeting.get("start_time")),
        "ends_at": text(meeting.get("end_time")),
        "time_zone": text(payload.get("timezone")),
        "location": text(place.get("join_url")) or text(place.get("location")),
        "cancel_url": text(payload.get("cancel_url")),
        "reschedule_url": text(payload.get("reschedule_url")),
        "rescheduled": bool(payload.get("old_invitee")),
        "answers": named((text(row.get("question")), text(row.get("answer"))) for row in asked),
        "utm": texts(value for name, value in sorted(tracking.items()) if name.startswith("utm_")),
    }
