"""When the contact was created."""

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy, ngettext

from automations.events import CONTACT_CREATED
from automations.forms import SettingsForm

from .base import CONDITIONS, Condition, Moment, Settings


class CreatedForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[("within", gettext_lazy("within the last")), ("before", gettext_lazy("longer ago than"))],
        initial="within",
    )
    days = forms.IntegerField(label=gettext_lazy("days"), min_value=1, max_value=36_500)


@CONDITIONS.register
class CreatedCondition(Condition):
    slug = "created"
    label = gettext_lazy("Date created")
    Form = CreatedForm
    listens_to = (CONTACT_CREATED,)
    changes_with_time = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        limit = moment.now - timedelta(days=settings["days"])
        return Q(created_at__gte=limit) if settings["op"] == "within" else Q(created_at__lt=limit)

    @classmethod
    def describe(cls, settings: Settings) -> str:
        days = settings["days"]
        if settings["op"] == "within":
            text = ngettext("was created within the last %d day", "was created within the last %d days", days)
        else:
            text = ngettext("was created more than %d day ago", "was created more than %d days ago", days)
        return str(text % days)
