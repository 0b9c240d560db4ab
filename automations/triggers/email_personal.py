"""The personal option of an e-mail trigger: what users and automations write to one contact."""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit, urlunsplit

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import AddOn, Availability
from automations.delivery.tracking import LIQUID, is_web
from automations.names import name_of
from contacts.models import Campaign
from contacts.models.campaigns import CampaignKind
from contacts.models.engagement import EmailKind

from .email_scope import EMAIL_OPTIONS, EmailOption, EmailTrigger, EmailTriggerForm

#: What stands for each contact's own value in an address.
PERSONAL = re.compile(LIQUID, re.DOTALL)


def automated() -> "models.QuerySet[Campaign]":
    """The personal e-mails of automations; all that people write is counted under one without an automation."""
    return Campaign.objects.filter(kind=CampaignKind.PERSONAL, origin_key__startswith="automation:")


class PersonalForm(EmailTriggerForm):
    """For types that have the option."""

    depends: ClassVar[Any] = {**EmailTriggerForm.depends, "personal": ("kind", ("personal",))}

    personal = forms.ModelChoiceField(
        label=gettext_lazy("Automated personal e-mail"),
        queryset=Campaign.objects.none(),
        required=False,
        empty_label=gettext_lazy("any personal e-mail"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        personal: Any = self.fields["personal"]
        personal.queryset = automated()


class PersonalTrigger(EmailTrigger):
    """Model of the types that have the option.

    `needs_mailbox`: only e-mails count that an automation sent, or somebody from a deal's record through a
    connected mailbox; not those from the list of contacts or a contact's record (spec: email_link_clicked).
    """

    needs_mailbox: ClassVar[bool] = True

    # None stands for any.
    personal = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=gettext_lazy("automated personal e-mail"),
    )  # fmt: skip

    class Meta:
        abstract = True


@EMAIL_OPTIONS.register
class PersonalOption(EmailOption):
    slug = EmailKind.PERSONAL.value
    label = gettext_lazy("Personal e-mail")
    fields = ("personal", "url")
    availability = Availability(plans=(), addons=(AddOn.PIPELINES, AddOn.SALES_ENGAGEMENT))

    @classmethod
    def check(cls, form: forms.Form, data: dict[str, Any]) -> None:
        url = data["url"] = (data.get("url") or "").strip() if "url" in form.fields else ""
        if url and not is_web(PERSONAL.sub("x", url)):
            form.add_error("url", _("Give a web address that begins with https:// or http://."))
        if "url" not in form.fields:
            del data["url"]

    @classmethod
    def index_keys(cls, trigger: EmailTrigger) -> Iterable[Hashable]:
        return [cast(PersonalTrigger, trigger).personal_id]

    @classmethod
    def matches(cls, trigger: EmailTrigger, data: Mapping[str, Any]) -> bool:
        wanted = cast(PersonalTrigger, trigger)
        if wanted.personal_id is not None and data.get("campaign") != wanted.personal_id:
            return False
        if wanted.needs_mailbox and not is_from_deal_or_automation(data):
            return False
        url = getattr(wanted, "url", "")
        return not url or _same(url) in (_same(data.get("detail")), _same(data.get("written")))

    @classmethod
    def describe(cls, trigger: EmailTrigger) -> str:
        wanted = cast(PersonalTrigger, trigger)
        if wanted.personal_id is None:
            return _("any personal e-mail")
        return _("the personal e-mail “%s”") % name_of(Campaign, wanted.personal_id)


def is_from_deal_or_automation(data: Mapping[str, Any]) -> bool:
    if data.get("sent_from") == "automation":
        return True
    return data.get("sent_from") == "deal" and bool(data.get("mailbox"))


def _same(url: Any) -> str:
    """Without what makes no difference: the case of scheme and host, and a slash at the end."""
    try:
        parts = urlsplit(str(url or "").strip())
    except ValueError:
        return str(url)
    return urlunsplit(
        parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), path=parts.path.rstrip("/"))
    )
