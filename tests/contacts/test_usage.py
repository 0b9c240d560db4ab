"""What something uses can't be deleted: not by the service, the record or a queryset."""

import pytest
from django.db import transaction

from contacts.models import AppSource, CustomEvent, CustomField, List, Segment, SiteMessage, Tag
from contacts.services import InUse, check_unused, delete_unused
from contacts.signals import usage_requested
from tests.factories import CustomFieldFactory, ListFactory, TagFactory
from tests.peers.apps import source

pytestmark = pytest.mark.django_db


@pytest.fixture
def used():
    """Records put in here are used by an automation."""
    records = []

    def answer(record, **kwargs):
        return ["automation “Welcome”"] if record in records else []

    def answer_nothing(**kwargs):
        return None

    usage_requested.connect(answer)
    usage_requested.connect(answer_nothing)
    yield records
    usage_requested.disconnect(answer)
    usage_requested.disconnect(answer_nothing)


MAKERS = {
    Tag: TagFactory,
    List: ListFactory,
    CustomEvent: lambda: CustomEvent.objects.create(name="Bought"),
    CustomField: CustomFieldFactory,
    SiteMessage: lambda: SiteMessage.objects.create(title="Hello"),
    AppSource: lambda: source("typeform", "form"),
    Segment: lambda: Segment.objects.create(name="Everyone"),
}
WAYS = {
    "service": lambda record: delete_unused(record=record),
    "record": lambda record: record.delete(),
    "queryset": lambda record: type(record).objects.filter(pk=record.pk).delete(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_what_is_used_stays_and_the_user_is_named(model, way, used):
    record = MAKERS[model]()
    used.append(record)
    with pytest.raises(InUse) as refused, transaction.atomic():
        way(record)
    (message,) = refused.value.messages
    assert str(record) in message and "automation “Welcome”" in message
    assert model.objects.count() == 1
    used.clear()
    way(record)
    assert model.objects.count() == 0


def test_another_record_is_not_held(used):
    kept, free = TagFactory(), TagFactory()
    used.append(kept)
    check_unused(record=free)
    with pytest.raises(InUse):
        check_unused(record=kept)
