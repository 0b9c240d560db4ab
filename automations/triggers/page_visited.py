"""A known contact views a page (spec: page_visited), as the site's script or a server tells."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import PAGE_VISITED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from contacts.pages import MAX_PAGE, PARTS, Pattern, clean_url
from contacts.selectors.site import is_tracked

from .base import TRIGGERS


@TRIGGERS.register
class PageVisitedTrigger(Trigger):
    slug = "page_visited"
    label = gettext_lazy("Page is visited")
    summary = gettext_lazy("A known contact views a page of your site.")
    family = "site"
    icon = "web"
    synonyms = (gettext_lazy("web page"), gettext_lazy("site tracking"), gettext_lazy("URL"))
    listens_to = PAGE_VISITED
    probe_label = gettext_lazy("Test an address")

    url_is = models.CharField(max_length=8, default="any")
    url = models.CharField(max_length=MAX_PAGE, blank=True)
    # Names of `contacts.pages.PARTS`; what is not named may differ.
    strict = models.JSONField(default=list, blank=True)

    class Form(SettingsForm):
        depends = {"url": ("url_is", ("exact", "pattern")), "strict": ("url_is", ("exact", "pattern"))}

        url_is = forms.ChoiceField(
            label=gettext_lazy("Page"),
            choices=[
                ("any", gettext_lazy("any page")),
                ("exact", gettext_lazy("the page with this address")),
                ("pattern", gettext_lazy("pages whose address matches")),
            ],
            initial="any",
        )
        url = forms.CharField(
            label=gettext_lazy("Address"),
            required=False,
            max_length=MAX_PAGE,
            help_text=gettext_lazy(
                "In an address to match, * stands for any text, slashes included: site.com/*, site.com/*/test.php."
            ),
        )
        strict = forms.MultipleChoiceField(
            label=gettext_lazy("Also compare"),
            choices=list(PARTS.items()),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=gettext_lazy("What is not ticked may differ."),
        )

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            if data.get("url_is") == "any":
                data["url"], data["strict"] = "", []
            elif "url_is" in data and "url" in data:
                self._check_url(data)
            return data

        def _check_url(self, data: dict[str, Any]) -> None:
            url, wild = data["url"], data["url_is"] == "pattern"
            scheme = "scheme" in data.get("strict", ())
            if not url:
                text = _("Give the address, or choose “any page”.")
                self.add_error("url", ValidationError(text, code="required"))
            elif any(character.isspace() for character in url):
                self.add_error("url", _("An address has no spaces."))
            elif wild and "*" not in url:
                text = _("Put a * where any text may stand, or choose “the page with this address”.")
                self.add_error("url", text)
            elif not url.strip("*/"):
                self.add_error("url", _("This is every page; choose “any page”."))
            elif scheme and "://" not in url and not (wild and url.startswith("*")):
                self.add_error("url", _("Begin with https:// or http://, as that is to be compared."))

    @property
    def pattern(self) -> Pattern:
        return Pattern(self.url, wild=self.url_is == "pattern", keep=tuple(self.strict))

    def index_keys(self) -> Iterable[Hashable]:
        return [None if self.url_is == "any" else self.pattern.host]

    def match(self, event: Event) -> Sequence[int]:
        matches = self.url_is == "any" or self.pattern.matches(event.data["url"])
        return event.contact_ids if matches else []

    def probe(self, text: str) -> tuple[bool, str]:
        try:
            url = clean_url(text)
        except ValidationError as error:
            return False, " ".join(error.messages)
        if self.url_is != "any" and not self.pattern.matches(url):
            return False, _("This page does not match.")
        if not is_tracked(url):
            return False, _("This page matches, but its domain is not on the list of sites.")
        return True, _("This page matches.")

    def describe(self) -> str:
        if self.url_is == "any":
            return _("Any page is visited")
        if not self.url:
            return _("A page is visited (not chosen yet)")
        shown = self.url if len(self.url) <= 100 else f"{self.url[:99]}…"
        texts = {"exact": _("The page %s is visited"), "pattern": _("A page that matches %s is visited")}
        return texts[self.url_is] % shown
