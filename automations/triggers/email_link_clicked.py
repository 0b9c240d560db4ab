"""A contact clicks a link in an e-mail (spec: email_link_clicked). Link scanners' fetches are no clicks."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import EMAIL_LINK_CLICKED
from automations.names import name_of
from contacts.models import CampaignLink

from .base import TRIGGERS
from .email_personal import PersonalForm, PersonalTrigger
from .email_scope import OptionField


@TRIGGERS.register
class EmailLinkClickedTrigger(PersonalTrigger):
    slug = "email_link_clicked"
    label = gettext_lazy("Clicks a link in an e-mail")
    summary = gettext_lazy("A contact follows a link of an e-mail that counts clicks.")
    family = "email"
    icon = "ads_click"
    synonyms = (gettext_lazy("click"), gettext_lazy("URL"), gettext_lazy("newsletter"))
    listens_to = EMAIL_LINK_CLICKED

    # None stands for any link.
    link = models.ForeignKey(
        CampaignLink, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("link")
    )

    # Of a personal e-mail; empty stands for any link.
    url = models.CharField(gettext_lazy("link"), max_length=500, blank=True)

    class Form(PersonalForm):
        depends: ClassVar[Any] = {
            **PersonalForm.depends,
            "link": ("scope", ("campaign",)),
            "url": ("kind", ("personal",)),
        }
        refreshes: ClassVar[Any] = {"campaign": ("link",)}

        kind = OptionField("campaign", "personal")
        link = forms.ModelChoiceField(
            label=gettext_lazy("Link"),
            queryset=CampaignLink.objects.all(),
            required=False,
            empty_label=gettext_lazy("any link"),
            help_text=gettext_lazy("The links of the e-mail as it was last published or saved."),
        )
        url = forms.CharField(
            label=gettext_lazy("Address of the link (empty: any)"),
            required=False,
            max_length=500,
            help_text=gettext_lazy("As it stands in the e-mail, or where it leads for the contact."),
        )

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            link: Any = self.fields["link"]
            link.queryset = CampaignLink.objects.filter(campaign=self.chosen("campaign"))

        def clean(self) -> dict[str, Any]:
            data = super().clean()
            if data.get("scope") != "campaign":
                data["link"] = None
            return data

    def matches_more(self, data: Mapping[str, Any]) -> bool:
        return self.link_id is None or data.get("link") == self.link_id

    def describe(self) -> str:
        email = self.email_text()
        if self.url:
            return _("Clicks the link “%(link)s” of %(email)s") % {"link": _shortened(self.url), "email": email}
        if self.link_id is None:
            return _("Clicks any link of %s") % email
        return _("Clicks the link “%(link)s” of %(email)s") % {
            "link": _shortened(name_of(CampaignLink, self.link_id)),
            "email": email,
        }


def _shortened(url: str) -> str:
    return url if len(url) <= 100 else f"{url[:99]}…"
