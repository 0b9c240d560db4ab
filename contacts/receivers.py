"""Facts of deletions, which no `save()` sees."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver

from contacts.models import (
    Contact,
    ContactTag,
    Conversion,
    CustomEvent,
    CustomField,
    ExportJob,
    ImportJob,
    List,
    Score,
    Segment,
    Tag,
)
from contacts.services.changes import record_tag
from contacts.services.usage import check_unused


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
@receiver(pre_delete, sender=Score)
@receiver(pre_delete, sender=Conversion)
def _refuse_if_used(instance: Any, **kwargs: Any) -> None:
    check_unused(record=instance)


@receiver(post_delete, sender=ImportJob)
@receiver(post_delete, sender=ExportJob)
def _delete_files(instance: ImportJob | ExportJob, **kwargs: Any) -> None:
    """People's data does not stay behind in files that nothing leads to."""
    for file in (instance.file, getattr(instance, "report", None)):
        if file:
            file.storage.delete(str(file.name))
