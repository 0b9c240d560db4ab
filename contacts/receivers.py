"""Facts of deletions, which no `save()` sees."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _

from contacts.models import (
    Campaign,
    Contact,
    ContactTag,
    CustomEvent,
    CustomField,
    ExportJob,
    ImportJob,
    List,
    Segment,
    Tag,
)
from contacts.models.campaigns import CampaignStatus
from contacts.services.changes import record_tag
from contacts.services.usage import check_unused
from contacts.signals import usage_requested


@receiver(post_delete, sender=ContactTag)
def _tag_taken_off(instance: ContactTag, origin: Any, **kwargs: Any) -> None:
    """A tag taken off by deleting its row, but not because contact or tag went altogether."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if model not in (Contact, Tag):
        record_tag(contact_id=instance.contact_id, tag_id=instance.tag_id, added=False)


@receiver(pre_delete, sender=Tag)
@receiver(pre_delete, sender=List)
@receiver(pre_delete, sender=CustomField)
@receiver(pre_delete, sender=Segment)
@receiver(pre_delete, sender=CustomEvent)
@receiver(pre_delete, sender=Campaign)
def _refuse_if_used(instance: Any, **kwargs: Any) -> None:
    check_unused(record=instance)


@receiver(post_delete, sender=ImportJob)
@receiver(post_delete, sender=ExportJob)
def _delete_files(instance: ImportJob | ExportJob, **kwargs: Any) -> None:
    """People's data does not stay behind in files that nothing leads to."""
    for file in (instance.file, getattr(instance, "report", None)):
        if file:
            file.storage.delete(str(file.name))


@receiver(usage_requested, sender=List)
@receiver(usage_requested, sender=Segment)
def _campaigns_using(record: List | Segment, **kwargs: Any) -> list[str]:
    """The campaigns that still go to it. Of a draft too: without it, the draft would go to others."""
    over = (CampaignStatus.SENT, CampaignStatus.CANCELLED)
    rows = Campaign.objects.filter(**{_named(record): record}).exclude(status__in=over).order_by("name")
    return [_("the campaign “%s”") % name for name in rows.values_list("name", flat=True)]


def _named(record: List | Segment) -> str:
    return "lists" if isinstance(record, List) else "segment"
