"""What an e-mail of the ledger belongs to: a one-off campaign, or the one that stands for an automation's step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from automations.models import Automation, Delivery, Step
from contacts.bulk import insert_rows
from contacts.models import Campaign, CampaignCount, Contact, SentEmail
from contacts.models.campaigns import CampaignKind, CampaignStatus
from contacts.services.campaign_links import add_links

from .tracking import links_in

CONTENT = (
    "subject", "preheader", "html", "text", "from_name", "from_email", "reply_to", "track_opens", "track_links",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """An e-mail of an automation, as it is to be counted: under which key, kind of campaign and name."""

    key: str
    automation: Automation
    kind: str
    name: str


def origin_key(automation_id: int, step_key: str) -> str:
    return f"automation:{automation_id}:{step_key}"


def email_counts(automation_id: int, metrics: Iterable[str]) -> list[tuple[str, str, int]]:
    """(step key, metric, amount) of an automation's e-mails; one query."""
    prefix = origin_key(automation_id, "")
    rows = CampaignCount.objects.filter(
        campaign__origin_key__startswith=prefix, metric__in=list(metrics)
    ).order_by()
    totals = rows.values_list("campaign__origin_key", "metric").annotate(total=Sum("amount"))
    return [((key or "").removeprefix(prefix), metric, total) for key, metric, total in totals]


def content_of(campaign: Campaign) -> dict[str, Any]:
    """A one-off campaign's e-mail, in the shape of a send-e-mail step's settings."""
    return {name: getattr(campaign, name) for name in CONTENT}


def name_campaigns(automation: Automation, steps: Iterable[Step]) -> None:
    """A campaign for each e-mail of a version that is being published, called as the e-mail is called now,
    with its links."""
    counted = {origin_key(automation.pk, step.key): step.counted_as() for step in steps}
    emails = {key: email for key, email in counted.items() if email}
    if not emails:
        return
    _save([Named(key, automation, kind, name) for key, (kind, name, _content) in emails.items()])
    for key, (_kind, _name, content) in emails.items():
        # Whom answers are passed on to.
        Campaign.objects.filter(origin_key=key).update(from_email=content.get("from_email") or "")
    rows = Campaign.objects.filter(origin_key__in=emails).values_list("pk", "origin_key")
    add_links(urls={pk: links_in(emails[key or ""][2]) for pk, key in rows})


def note_links(campaign: Campaign) -> None:
    """The links of a one-off e-mail, as they are saved: what names one needn't wait until it is sent."""
    add_links(urls={campaign.pk: links_in(content_of(campaign))})


def campaigns_of(deliveries: Sequence[Delivery], kind: str = CampaignKind.AUTOMATION) -> dict[int, Campaign]:
    """{delivery id: its campaign}; those of versions from before there were campaigns are made. Two queries."""
    keys = {d.pk: origin_key(d.automation_id, d.step_key) for d in deliveries if d.automation_id}
    by_key = {row.origin_key: row for row in Campaign.objects.filter(origin_key__in=set(keys.values()))}
    missing = [d for d in deliveries if d.pk in keys and keys[d.pk] not in by_key]
    if missing:
        automations = Automation.objects.in_bulk({d.automation_id or 0 for d in missing})
        new = {keys[d.pk]: Named(keys[d.pk], automations[d.automation_id or 0], kind, d.subject) for d in missing}
        _save(new.values())
        by_key |= {row.origin_key: row for row in Campaign.objects.filter(origin_key__in=set(keys.values()))}
    one_off = Campaign.objects.prefetch_related("lists").in_bulk(
        {d.campaign_id for d in deliveries if d.campaign_id}
    )
    found = {d.pk: by_key.get(keys.get(d.pk)) or one_off.get(d.campaign_id or 0) for d in deliveries}
    return {pk: campaign for pk, campaign in found.items() if campaign}


def _save(wanted: Iterable[Named]) -> None:
    Campaign.objects.bulk_create(
        [
            Campaign(
                kind=named.kind,
                status=CampaignStatus.SENT,
                origin_key=named.key,
                name=f"{named.automation.name}: {named.name}"[:250],
                subject=named.name[:250],
            )
            for named in wanted
        ],
        update_conflicts=True,
        unique_fields=["origin_key"],
        update_fields=["name", "subject", "updated_at"],
    )


def sent_emails(
    deliveries: Sequence[Delivery],
    contacts: Mapping[int, Contact],
    campaigns: Mapping[int, Campaign],
    lists: Mapping[int, Sequence[int]],
) -> dict[int, SentEmail]:
    """{delivery id: the e-mail that its links will name}; made at the first try, the same at a second one."""
    rows = [d for d in deliveries if d.contact_id in contacts]
    insert_rows(
        SentEmail,
        {
            "kind": "campaign",
            "campaign_id": [campaigns[d.pk].pk if d.pk in campaigns else None for d in rows],
            "contact_id": [d.contact_id for d in rows],
            "reference": [d.pk for d in rows],
            "address": [contacts[d.contact_id or 0].email for d in rows],
            "subject": [d.subject for d in rows],
            "message_id": "",
            "lists": [list(lists[d.pk]) for d in rows],
            "details": [{} for _row in rows],
        },
        size=len(rows),
        ignore_conflicts=True,
    )
    found = SentEmail.objects.filter(reference__in=[d.pk for d in rows])
    return {email.reference or 0: email for email in found}
