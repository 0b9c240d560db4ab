"""Reads of contacts' points."""

from collections.abc import Collection

from contacts.bulk import id_set
from contacts.models import ContactScore, Score


def points_of(contact_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """{contact id: {score key: points}} for every score of contacts, 0 where none were given; two queries."""
    keys = dict(Score.of("contact").order_by().values_list("pk", "key"))
    found = {pk: dict.fromkeys(keys.values(), 0) for pk in contact_ids}
    if keys:
        rows = ContactScore.objects.filter(contact__in=id_set(list(found))).order_by()
        for contact, score, points in rows.values_list("contact_id", "score_id", "points"):
            found[contact][keys[score]] = points
    return found
