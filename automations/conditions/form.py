"""Forms that the contact has submitted, and confirmed where that was asked for."""

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.events import FORM_SUBMITTED
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import Form, FormSubmission
from contacts.models.forms import SubmissionStatus

from .base import CONDITIONS, Condition, Moment, Settings


class SubmittedForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[("submitted", gettext_lazy("submitted")), ("not_submitted", gettext_lazy("did not submit"))],
        initial="submitted",
    )
    form = forms.ModelChoiceField(
        label=gettext_lazy("Form"),
        queryset=Form.objects.all(),
        required=False,
        empty_label=gettext_lazy("Any form"),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within the last days (empty: ever)"), min_value=1, max_value=36_500, required=False
    )


@CONDITIONS.register
class FormCondition(Condition):
    slug = "form"
    label = gettext_lazy("Form submitted")
    Form = SubmittedForm
    listens_to = (FORM_SUBMITTED,)
    changes_with_time = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = FormSubmission.objects.filter(status=SubmissionStatus.CONFIRMED)
        if settings.get("form"):
            rows = rows.filter(form=settings["form"])
        if settings.get("days"):
            rows = rows.filter(confirmed_at__gte=moment.now - timedelta(days=settings["days"]))
        found = Q(pk__in=rows.values("contact_id"))
        return found if settings["op"] == "submitted" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        form, days = settings.get("form"), settings.get("days")
        what = _("the form “%s”") % name_of(Form, form) if form else _("any form")
        text = _("submitted %s") if settings["op"] == "submitted" else _("did not submit %s")
        if not days:
            return text % what
        within = ngettext("%(what)s within the last %(days)d day", "%(what)s within the last %(days)d days", days)
        return text % (within % {"what": what, "days": days})
