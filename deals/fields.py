"""The deal as an entity: its custom fields, and the one standard field that is used like them."""

from contacts.entities import Changes, Entity, StandardField, register, standard_fields
from contacts.field_types import FIELD_TYPES
from deals import facts
from deals.models import Deal, DealChange, DealFieldValue


def _batch(scope: str, field: str, changes: Changes) -> facts.DealsChanged:
    return facts.DealsChanged(field=field, changes=changes)


DEAL = register(
    Entity(
        key="deal",
        model=Deal,
        values=DealFieldValue,
        owner="deal",
        facts=DealChange,
        batch=_batch,
        standard=standard_fields(
            StandardField(
                facts.EXPECTED_CLOSE,
                Deal.expected_close.field.verbose_name,
                kind=FIELD_TYPES["date"],
                empty=None,
            )
        ),
        reserved=facts.NAMES,
    )
)
