"""What automations add to the bulk actions on contacts."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.models import Automation
from automations.reasons import Entry
from contacts.bulk_actions import BulkAction, register


class AutomationForm(forms.Form):
    automation = forms.ModelChoiceField(Automation.objects.order_by("name"), label=gettext_lazy("Automation"))


class PublishedForm(AutomationForm):
    def clean_automation(self) -> Automation:
        automation: Automation = self.cleaned_data["automation"]
        if automation.version_id is None:
            raise ValidationError(_("“%s” was never published; publish it first.") % automation)
        return automation


def _add(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    from automations.services import add_to_automation

    reasons = add_to_automation(automation=params["automation"], contacts=ids)
    return sum(reason == Entry.ENTERED for reason in reasons.values())


def _end(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    from automations.services import end_enrollments

    return len(set(end_enrollments(automation=params["automation"], contacts=ids)))


register(
    BulkAction(
        "add_to_automation", gettext_lazy("Add to an automation"), PublishedForm, _add,
        permission="automations.add_enrollment", icon="login",
    )
)  # fmt: skip
register(
    BulkAction(
        "end_automation", gettext_lazy("End an automation for them"), AutomationForm, _end,
        permission="automations.change_enrollment", icon="logout",
    )
)  # fmt: skip
