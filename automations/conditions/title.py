"""What the conditions on titles share."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm

from .base import Settings


class TitleForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[
            ("is", gettext_lazy("is called")),
            ("is_not", gettext_lazy("is not called")),
            ("contains", gettext_lazy("contains")),
            ("not_contains", gettext_lazy("does not contain")),
        ],
        initial="contains",
    )
    value = forms.CharField(label=gettext_lazy("Text"), max_length=250)


def title_is(settings: Settings) -> Q:
    """Without case."""
    lookup = "title__icontains" if settings["op"].endswith("contains") else "title__iexact"
    found = Q(**{lookup: settings["value"]})
    return ~found if settings["op"] in ("is_not", "not_contains") else found


def describe_title(settings: Settings) -> str:
    texts = {
        "is": _("is called “%s”"),
        "is_not": _("is not called “%s”"),
        "contains": _("has “%s” in its title"),
        "not_contains": _("does not have “%s” in its title"),
    }
    return str(texts[settings["op"]] % settings["value"])
