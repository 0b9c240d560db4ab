"""Reads of deals' points."""

from collections.abc import Collection

from contacts.bulk import id_set
from contacts.models import Score
from deals.models import DealScore


def deal_points_of(deal_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """{deal id: {score key: points}} for every score of deals, 0 where none were given; two queries."""
    keys = dict(Score.of("deal").order_by().values_list("pk", "key"))
    found = {pk: dict.fromkeys(keys.values(), 0) for pk in deal_ids}
    if keys:
        rows = DealScore.objects.filter(deal__in=id_set(list(found)), score__in=list(keys)).order_by()
        for deal, score, points in rows.values_list("deal_id", "score_id", "points"):
            found[deal][keys[score]] = points
    return found
