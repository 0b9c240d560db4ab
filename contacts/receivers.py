"""Facts of deletions, which no `save()` sees."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _

from contacts.entities import ENTITIES, Entity
from contacts.models import (
    Account,
    AppConnection,
    AppSource,
    Campaign,
    Contact,
    ContactTag,
    Conversion,
    CustomEvent,
    CustomField,
    ExportJob,
    Form,
    ImportJob,
    List,
    ObjectLink,
    ObjectRelation,
    ObjectType,
    Score,
    Segment,
    SiteMessage,
    Tag,
)
from contacts.models.campaigns import CampaignStatus
from contacts.models.custom_objects import column_of
from contacts.services.changes import record_tag
from contacts.services.usage import check_unused
from contacts.services.users import check_deletable
from contacts.signals import entity_registered, usage_requested


@receiver(post_delete, sender=ContactTag)
def _tag_taken_off(instance: ContactTag, origin: Any, **kwargs: Any) -> None:
    """A tag taken off by deleting its row, but not because the contact went altogether (nor the tag: no row
    of a deleted tag gets here, and the facts about it go with it)."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if model is not Contact:
        record_tag(contact_id=instance.contact_id, tag_id=instance.tag_id, added=False)


@receiver(pre_delete, sender=Tag)
@receiver(pre_delete, sender=List)
@receiver(pre_delete, sender=CustomField)
@receiver(pre_delete, sender=Segment)
@receiver(pre_delete, sender=Form)
@receiver(pre_delete, sender=CustomEvent)
@receiver(pre_delete, sender=SiteMessage)
@receiver(pre_delete, sender=Score)
@receiver(pre_delete, sender=Conversion)
@receiver(pre_delete, sender=Campaign)
@receiver(pre_delete, sender=AppConnection)
@receiver(pre_delete, sender=AppSource)
@receiver(pre_delete, sender=ObjectType)
@receiver(pre_delete, sender=ObjectRelation)
@receiver(pre_delete, sender=Account)
def _refuse_if_used(instance: Any, **kwargs: Any) -> None:
    check_unused(record=instance)


@receiver(pre_delete, sender=User)
def _refuse_if_in_the_log(instance: User, **kwargs: Any) -> None:
    check_deletable(user=instance)


@receiver(usage_requested, sender=List)
@receiver(usage_requested, sender=Tag)
def _connections_using(record: List | Tag, **kwargs: Any) -> list[str]:
    """The connections whose contacts are put on the list or get the tag."""
    field = "lists" if isinstance(record, List) else "tags"
    names = AppConnection.objects.filter(**{field: record}).values_list("name", flat=True)
    return [_("the app connection “%s”") % name for name in names]


@receiver(usage_requested, sender=AppConnection)
def _sources_in_use(record: AppConnection, **kwargs: Any) -> list[str]:
    """A connection is in use where one of its sources is."""
    users: list[str] = []
    for source in record.sources.all():
        for _receiver, found in usage_requested.send(sender=AppSource, record=source):
            users += found or ()
    return users


@receiver(usage_requested, sender=Tag)
@receiver(usage_requested, sender=List)
@receiver(usage_requested, sender=CustomField)
def _forms_using(record: Tag | List | CustomField, **kwargs: Any) -> list[str]:
    forms = Form.objects.order_by("name")
    if isinstance(record, Tag):
        forms = forms.filter(Q(tags=record) | Q(remove_tags=record)).distinct()
    elif isinstance(record, List):
        forms = forms.filter(Q(lists=record) | Q(leave_lists=record)).distinct()
    elif record.entity != CustomField.Entity.CONTACT:
        return []
    rows = [
        row for row in forms
        if not isinstance(record, CustomField) or record.key in row.custom_keys()
    ]  # fmt: skip
    return [_("the form “%s”") % row for row in rows]


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


def _unlink(instance: Any, **kwargs: Any) -> None:
    """A record of another app goes: what was related to it no longer is."""
    target = next(key for key, entity in ENTITIES.items() if entity.model is type(instance))
    ObjectLink.objects.filter(relation__target=target, target_id=instance.pk).delete()


@receiver(entity_registered)
def _watch_deletions(entity: Entity, **kwargs: Any) -> None:
    """Contacts and accounts have foreign keys; the rest is looked after here."""
    if entity.label and column_of(entity.key) == "target_id":
        post_delete.connect(_unlink, sender=entity.model, dispatch_uid=f"unlink {entity.key}")


for _entity in ENTITIES.values():
    _watch_deletions(_entity)


@receiver(usage_requested, sender=ObjectType)
def _parts_in_use(record: ObjectType, alone: bool = False, **kwargs: Any) -> list[str]:
    """A type is in use where one of its fields or relations is. `alone`: only the type itself is asked about."""
    parts = [] if alone else [*record.fields.all(), *record.relations.all()]
    return [user for part in parts for user in _users_of(part)]


@receiver(usage_requested, sender=ObjectRelation)
def _type_of_relation(record: ObjectRelation, alone: bool = False, **kwargs: Any) -> list[str]:
    """Who listens to a type's records enters their contacts: without the relation, nobody."""
    return [] if alone or record.target != "contact" else _users_of(record.type)


def _users_of(record: Any) -> list[str]:
    asked = usage_requested.send(sender=type(record), record=record, alone=True)
    return [user for _receiver, found in asked for user in found or ()]
