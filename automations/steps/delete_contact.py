"""Deletes the contact (spec: delete the contact). What was sent before it has left first."""

from datetime import timedelta

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Delivery, Enrollment, Step
from automations.models.delivery import DeliveryStatus
from automations.models.enrollment import INSIDE
from contacts.bulk import id_set
from contacts.services import delete_contacts

from .base import STEPS, StepRun

UNSENT = (DeliveryStatus.PENDING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)
RECHECK = timedelta(minutes=1)


@STEPS.register
class DeleteContactStep(Step):
    slug = "delete_contact"
    label = gettext_lazy("Delete the contact")
    summary = gettext_lazy("Deletes the contact and everything that is known of it; only its refusals stay.")
    family = "contacts"
    icon = "person_remove"
    terminal = True

    confirmed = models.BooleanField(default=False)

    class Form(SettingsForm):
        confirmed = forms.BooleanField(
            label=gettext_lazy("Yes, delete every contact that comes here"),
            help_text=gettext_lazy("It can't be undone. E-mails that are on their way are sent first."),
            error_messages={"required": gettext_lazy("Confirm that contacts are deleted here.")},
        )

    def run(self, run: StepRun) -> None:
        from automations.engine.run import forget
        from automations.services import end_passes

        waiting = _with_unsent(run.contact_ids)
        for visit in run.visits:
            if visit.contact_id in waiting:
                run.wait(visit, run.now + RECHECK, detail=_("its messages have not left yet"))
        doomed = sorted(set(run.contact_ids) - waiting)
        passes = list(Enrollment.objects.filter(contact__in=id_set(doomed), status__in=INSIDE).order_by("pk"))
        end_passes(enrollments=passes, now=run.now)
        forget((row.pk for row in passes), deleted=True)
        delete_contacts(contacts=doomed)

    def describe(self) -> str:
        return _("Delete the contact")


def _with_unsent(contacts: list[int]) -> set[int]:
    rows = Delivery.objects.filter(contact__in=id_set(contacts), status__in=UNSENT)
    return set(rows.values_list("contact_id", flat=True))
