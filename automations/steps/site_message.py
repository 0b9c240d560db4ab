"""Shows a message on the site on the contact's next visit (spec: site message)."""

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from contacts.models import SiteMessage
from contacts.services import show_site_message

from .base import STEPS, StepRun


@STEPS.register
class SiteMessageStep(Step):
    slug = "site_message"
    label = gettext_lazy("Show a site message")
    summary = gettext_lazy("Shows a message on your site on the contact's next visit.")
    family = "sending"
    icon = "chat_bubble"

    message = models.ForeignKey(
        SiteMessage, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("site message")
    )

    class Form(SettingsForm):
        message = forms.ModelChoiceField(
            label=gettext_lazy("Site message"),
            queryset=SiteMessage.objects.all(),
            help_text=gettext_lazy(
                "Shown until the contact closes or clicks it, to visitors who are known for sure."
            ),
        )

    def run(self, run: StepRun) -> None:
        assert self.message_id is not None  # noqa: S101 publishing demands it
        run.check_exists(SiteMessage, self.message_id, _("The site message does not exist any more."))
        new = show_site_message(contacts=run.contact_ids, message=self.message_id)
        run.go_all(new, empty=_("is still to see it"))

    def describe(self) -> str:
        if not self.message_id:
            return _("Show a site message (not chosen yet)")
        return _("Show the site message “%s” on the next visit") % name_of(SiteMessage, self.message_id)
