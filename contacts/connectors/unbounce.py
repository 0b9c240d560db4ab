"""Unbounce: form posts with `data.json`; see its “Using a Webhook” article.

Unbounce signs nothing, so the secret is a part of the address. It gives a submission no id either;
the whole of what was sent, with its minute, stands for one.
"""

import json
from typing import Any
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import CONNECTORS, Connector, Malformed, Received, Request, fingerprint, json_object, named, same

from .base import split_name, text, texts  # isort: skip

MAX_PARAMETERS = 1_000
# What Unbounce adds to the fields of the form.
ABOUT = ("ip_address", "page_uuid", "page_name", "page_url", "variant", "time_submitted", "date_submitted")


@CONNECTORS.register
class Unbounce(Connector):
    slug = "unbounce"
    label = "Unbounce"
    icon = "web"
    source_label = gettext_lazy("page")
    happened = gettext_lazy("Submitted the form on “%s” in Unbounce.")
    secret_in_address = True
    steps = (
        gettext_lazy("In Unbounce, open the landing page's overview and go to Integrations › Webhooks."),
        gettext_lazy(
            "Choose “POST to URL” and paste this address. Its last part is the secret: keep it to yourself."
        ),
        gettext_lazy("Map nothing: every field of the form is sent. The form must have a field “email”."),
        gettext_lazy("Do the same for each page whose submissions should come here."),
    )

    def verify(self, request: Request, secret: str) -> None:
        same(request.path_secret, secret)

    def parse(self, request: Request) -> Received:
        posted, fields = _read(request)
        page = text(posted.get("page_id")) or text(posted.get("page_uuid")) or fields.get("page_uuid", "")
        if not page:
            raise Malformed(_("This is not what Unbounce sends: “page_id” is missing."))
        name = text(posted.get("page_name")) or fields.get("page_name", "")
        variant = text(posted.get("variant")) or fields.get("variant", "")
        answers = named((key, value) for key, value in fields.items() if key not in ABOUT)
        first, last = _pick(answers, "first_name", "firstname"), _pick(answers, "last_name", "lastname")
        if not first and not last:
            first, last = split_name(_pick(answers, "name", "full_name", "fullname", "your_name"))
        return Received(
            external_id=fingerprint(page.encode(), json.dumps([variant, fields], sort_keys=True).encode()),
            source_id=page[:255],
            source_name=name[:250],
            email=_pick(answers, "email", "email_address", "e_mail", "your_email", "work_email"),
            first_name=first,
            last_name=last,
            phone=_pick(answers, "phone", "phone_number", "telephone", "mobile"),
            data={
                "page": name,
                "page_url": text(posted.get("page_url")) or fields.get("page_url", ""),
                "variant": variant,
                "submitted_at": f"{fields.get('date_submitted', '')} {fields.get('time_submitted', '')}".strip(),
                "answers": answers,
            },
        )


def _read(request: Request) -> tuple[dict[str, Any], dict[str, str]]:
    """(what the post says of the page, the form's fields as texts)."""
    if request.content_type == "application/json":
        posted = json_object(request.body)
    else:
        try:
            pairs = parse_qsl(
                request.body.decode(), keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="strict"
            )
        except ValueError:
            raise Malformed(_("The form can't be read.")) from None
        posted = dict(pairs)
    raw = posted.get("data.json")
    if raw is None:
        raise Malformed(_("This is not what Unbounce sends: “data.json” is missing."))
    data = raw if isinstance(raw, dict) else json_object(str(raw))
    # Each value is a list, as a field may be ticked several times.
    return posted, {
        str(key): texts(value) if isinstance(value, list) else text(value) for key, value in data.items()
    }


def _pick(answers: dict[str, str], *names: str) -> str:
    return next((answers[name] for name in names if answers.get(name)), "")
