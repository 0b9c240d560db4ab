"""Who takes part in deals, and who speaks for each."""

from collections.abc import Collection

from contacts.bulk import id_set
from deals.models import DealContact


def contacts_of(deal_ids: Collection[int]) -> dict[int, list[int]]:
    """{deal id: its contacts' ids, the primary one first} in one query; deals without contacts are left out.

    The primary contact is the one so marked; where none is, the one who has taken part the longest.
    """
    found: dict[int, list[int]] = {}
    rows = DealContact.objects.filter(deal__in=id_set(deal_ids)).order_by("deal_id", "-is_primary", "pk")
    for deal, contact in rows.values_list("deal_id", "contact_id"):
        found.setdefault(deal, []).append(contact)
    return found
