"""Answers the source apps' question whether a record is used by an automation."""

from typing import Any

from django.db import models
from django.dispatch import receiver
from django.utils.translation import gettext as _

from automations.models import Automation, Usage
from contacts.signals import usage_requested


@receiver(usage_requested)
def automations_using(record: models.Model, **kwargs: Any) -> list[str]:
    """The automations, by name, whose draft or published version names the record."""
    rows = Usage.objects.filter(model=record._meta.label_lower, object_id=record.pk)
    if isinstance(record, Automation):
        rows = rows.exclude(automation=record)
    names = rows.order_by("automation__name").values_list("automation__name", flat=True).distinct()
    return [_("the automation “%s”") % name for name in names]
