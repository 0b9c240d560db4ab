"""The transactional option of an e-mail trigger: what a provider (Postmark) sent and reports of."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import AddOn, Availability
from contacts.models import SentEmail
from contacts.models.engagement import EmailKind

from .email_scope import EMAIL_OPTIONS, EmailOption, EmailTrigger, required

if TYPE_CHECKING:
    from .email_opened import EmailOpenedTrigger

WHICH = {
    "all": gettext_lazy("all"),
    "tag": gettext_lazy("those whose tag …"),
    "subject": gettext_lazy("those whose subject …"),
}
OPS = {
    "is": gettext_lazy("is"),
    "contains": gettext_lazy("contains"),
    "starts": gettext_lazy("starts with"),
    "ends": gettext_lazy("ends with"),
}
RECENT = 500


@EMAIL_OPTIONS.register
class TransactionalOption(EmailOption):
    """Server and stream as the provider names them; tag and subject compared without regard to case."""

    slug = EmailKind.TRANSACTIONAL.value
    label = gettext_lazy("Transactional e-mail")
    fields = ("server", "stream", "which", "which_op", "which_text")
    availability = Availability(plans=(), addons=(AddOn.TRANSACTIONAL,))

    @classmethod
    def check(cls, form: forms.Form, data: dict[str, Any]) -> None:
        data["which"], data["which_op"] = data.get("which") or "all", data.get("which_op") or "is"
        if data["which"] == "all":
            data["which_op"], data["which_text"] = "is", ""
        elif not data.get("which_text") and "which_text" not in form.errors:
            form.add_error("which_text", required())

    @classmethod
    def matches(cls, trigger: EmailTrigger, data: Mapping[str, Any]) -> bool:
        wanted = cast("EmailOpenedTrigger", trigger)
        for name in ("server", "stream"):
            one = getattr(wanted, name)
            if one and _plain(data.get(name)) != _plain(one):
                return False
        return wanted.which == "all" or compare(wanted.which_op, wanted.which_text, data.get(wanted.which))

    @classmethod
    def describe(cls, trigger: EmailTrigger) -> str:
        wanted = cast("EmailOpenedTrigger", trigger)
        parts = [_("a transactional e-mail")]
        if wanted.server:
            parts.append(_("of the server “%s”") % wanted.server)
        if wanted.stream:
            parts.append(_("in the stream “%s”") % wanted.stream)
        if wanted.which != "all":
            names = {"op": OPS[wanted.which_op], "text": _shortened(wanted.which_text)}
            text = {
                "tag": _("whose tag %(op)s “%(text)s”"),
                "subject": _("whose subject %(op)s “%(text)s”"),
            }[wanted.which]
            parts.append(text % names)
        return " ".join(parts)


def compare(op: str, wanted: str, given: Any) -> bool:
    """`given` may be missing: then only an empty text would match, and there is none."""
    wanted, text = _plain(wanted), _plain(given)
    return {
        "is": text == wanted,
        "contains": wanted in text,
        "starts": text.startswith(wanted),
        "ends": text.endswith(wanted),
    }[op]


def known(name: str) -> list[str]:
    """The servers or streams of the transactional e-mails seen last; they have no campaign."""
    rows = SentEmail.objects.filter(campaign=None, kind=EmailKind.TRANSACTIONAL).order_by("-sent_at")
    return sorted({str(row[name]) for row in rows.values_list("details", flat=True)[:RECENT] if row.get(name)})


def _plain(text: Any) -> str:
    return str(text or "").strip().casefold()


def _shortened(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:99]}…"
