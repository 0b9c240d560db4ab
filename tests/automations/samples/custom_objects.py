"""Samples of what is about custom objects."""

from automations.models import Automation
from contacts.models import CustomField, ObjectRelation, ObjectType

from . import CONDITIONS, STEPS, TRIGGERS, Sample, Settings


def an_object() -> ObjectType:
    """A type with a required number, a colour, and relations to contacts."""
    found, new = ObjectType.objects.get_or_create(key="ticket", defaults={"label": "Ticket", "plural": "Tickets"})
    if new:
        CustomField.objects.create(entity="object", object_type=found, key="size", label="Size", type="number")
        CustomField.objects.create(
            entity="object",
            object_type=found,
            key="colour",
            label="Colour",
            type="dropdown",
            options=["Red", "Blue"],
        )
        ObjectRelation.objects.create(type=found, key="holder", label="Holder", target="contact")
    return found


def _created(automation: Automation) -> Settings:
    return {"object_type": an_object().pk}


def _updated(automation: Automation) -> Settings:
    side = {"old": "any", "old_value": "", "new": "value", "new_value": "Red"}
    return {"object_type": an_object().pk, "field": "colour", **side}


def _create(automation: Automation) -> Settings:
    found = an_object()
    relation = ObjectRelation.objects.get(type=found).pk
    return {"object_type": found.pk, "relation": relation, "title": "For {{ contact.email }}", "values": "size: 2"}


def _update(automation: Automation) -> Settings:
    return {"object_type": an_object().pk, "which": "all", "field": "size", "op": "increment", "value": "1"}


def _condition(automation: Automation) -> Settings:
    return {"which": "any", "object_type": an_object().pk, "field": "size", "op": "greater", "value": "1"}


TRIGGERS["custom_object_created"] = Sample(
    _created, (({"object_type": 999_999}, "object_type"), ({"object_type": None}, "object_type"))
)
TRIGGERS["custom_object_updated"] = Sample(
    _updated,
    (
        ({"object_type": 999_999, "field": "colour"}, "object_type"),
        ({"field": "gone"}, "field"),
        ({"new": "sometimes"}, "new"),
    ),
)
STEPS["create_record"] = Sample(
    _create,
    (
        ({"object_type": 999_999}, "object_type"),
        ({"relation": 999_999}, "relation"),
        ({"values": "no colon"}, "values"),
        ({"title": "{{ contact.email"}, "title"),
    ),
)
STEPS["update_record"] = Sample(
    _update,
    (
        ({"object_type": 999_999}, "object_type"),
        ({"field": "gone"}, "field"),
        ({"which": "none"}, "which"),
    ),
)
CONDITIONS["custom_object"] = Sample(
    _condition,
    (
        ({"object_type": 999_999}, "object_type"),
        ({"object_type": None}, "object_type"),
        ({"op": "near"}, "op"),
        ({"which": "other"}, "which"),
    ),
)
