"""What conditions on “how long ago” share: a form, a comparison, a sentence."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy, ngettext

from automations.forms import SettingsForm

from .base import Moment, Settings


class SinceForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[("within", gettext_lazy("within the last")), ("before", gettext_lazy("longer ago than"))],
        initial="within",
    )
    days = forms.IntegerField(label=gettext_lazy("days"), min_value=1, max_value=36_500)


def since(column: str, settings: Settings, moment: Moment) -> Q:
    """Days are spans of 24 hours; exactly so many days ago counts as within."""
    limit = moment.now - timedelta(days=settings["days"])
    return Q(**{f"{column}__{'gte' if settings['op'] == 'within' else 'lt'}": limit})


def ago(settings: Settings) -> Any:
    """“within the last 3 days”, “more than 3 days ago”."""
    days = settings["days"]
    if settings["op"] == "within":
        return ngettext("within the last %d day", "within the last %d days", days) % days
    return ngettext("more than %d day ago", "more than %d days ago", days) % days
