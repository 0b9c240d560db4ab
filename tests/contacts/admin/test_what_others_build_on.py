"""Lists, tags, fields and segments: what is used stays, names are unique; and suppression."""

import pytest

from contacts.models import CustomField, List, Segment, Subscription, Suppression, Tag
from contacts.services import subscribe_contacts
from contacts.signals import usage_requested

from .conftest import messages_in, url

# What pages draw is the same on both databases; the stricter one runs their queries.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def in_use():
    def receiver(record, **kwargs):
        return ["automation “Welcome”"]

    usage_requested.connect(receiver)
    yield
    usage_requested.disconnect(receiver)


@pytest.mark.parametrize("model", [Tag, List, CustomField, Segment])
def test_what_is_used_is_not_deleted_and_the_user_is_named(boss, in_use, model):
    extra = {"key": "k", "label": "Used", "type": "text"} if model is CustomField else {"name": "Used"}
    record = model.objects.create(**extra)
    name = model._meta.model_name
    page = boss.get(url(name, "delete", record.pk)).content.decode()
    assert "automation “Welcome”" in page and "Yes, I" not in page
    told = messages_in(boss.post(url(name, "delete", record.pk), {"post": "yes"}, follow=True)) + page
    assert "automation “Welcome”" in told
    bulk = {"action": "delete_selected", "_selected_action": [record.pk]}
    assert "automation “Welcome”" in boss.post(url(name), bulk).content.decode()
    assert boss.post(url(name), {**bulk, "post": "yes"}).status_code == 200
    assert model.objects.filter(pk=record.pk).exists()


def test_what_is_free_is_deleted(boss):
    tag, other = Tag.objects.create(name="Free"), Tag.objects.create(name="Too")
    assert boss.post(url("tag", "delete", tag.pk), {"post": "yes"}).status_code == 302
    boss.post(url("tag"), {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"})
    assert not Tag.objects.exists()


def test_names_are_unique_whatever_their_case(boss):
    Tag.objects.create(name="VIP")
    response = boss.post(url("tag", "add"), {"name": "vip", "description": ""})
    assert "exists already" in response.content.decode()


def test_a_field_keeps_its_key_and_type(boss):
    data = {
        "entity": "contact",
        "label": "Plan",
        "key": "plan",
        "type": "dropdown",
        "options": "Free\n\n Pro ",
        "position": 0,
    }
    bad = boss.post(url("customfield", "add"), {**data, "options": ""})
    assert "at least one option" in bad.content.decode()
    assert "standard field" in boss.post(url("customfield", "add"), {**data, "key": "email"}).content.decode()
    assert boss.post(url("customfield", "add"), data).status_code == 302
    field = CustomField.objects.get()
    assert field.options == ["Free", "Pro"]
    boss.post(url("customfield", "change", field.pk), {**data, "key": "other", "type": "text", "label": "New"})
    field.refresh_from_db()
    assert (field.key, field.type, field.label) == ("plan", "dropdown", "New")


def test_suppressing_an_address(boss, ann):
    news = List.objects.create(name="News")
    subscribe_contacts(contacts=ann, list=news)
    data = {"address": "ANN@example.com", "reason": "complained", "detail": ""}
    assert boss.post(url("suppression", "add"), data).status_code == 302
    assert Subscription.objects.get().status == "unsubscribed"
    assert "suppressed already" in boss.post(url("suppression", "add"), data).content.decode()
    assert "valid email" in boss.post(url("suppression", "add"), {**data, "address": "x@"}).content.decode()
    Suppression.objects.update(address="")
    found = boss.get(url("suppression") + "?q=ann@EXAMPLE.com")
    assert len(found.context["cl"].result_list) == 1
