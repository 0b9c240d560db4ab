"""The links of e-mails, known before anything is sent: a trigger can name one."""

from collections.abc import Iterable, Mapping

from contacts.models import CampaignLink
from contacts.models.campaigns import url_hash


def add_links(*, urls: Mapping[int, Iterable[str]]) -> None:
    """Links by campaign id, as they are written; those that are known stay. One statement."""
    CampaignLink.objects.bulk_create(
        [
            CampaignLink(campaign_id=campaign, url=url, url_hash=url_hash(url))
            for campaign, addresses in urls.items()
            for url in dict.fromkeys(addresses)
        ],
        ignore_conflicts=True,
    )


def link_ids(*, campaign: int, urls: Iterable[str]) -> dict[str, int]:
    """{address: link id} of a campaign's e-mail; one query where all are known, three otherwise."""
    wanted = list(dict.fromkeys(urls))
    if not wanted:
        return {}
    found = _known(campaign)
    if set(wanted) - set(found):
        add_links(urls={campaign: wanted})
        found = _known(campaign)
    return {url: found[url] for url in wanted}


def _known(campaign: int) -> dict[str, int]:
    return dict(CampaignLink.objects.filter(campaign=campaign).values_list("url", "pk"))
