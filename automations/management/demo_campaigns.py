"""The demo's campaigns: two that went out, one that will, one that is being written."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from automations.campaigns.layouts import LAYOUTS
from automations.engine.pump import turn
from automations.services import save_campaign, schedule_campaign, start_campaign
from contacts.models import Campaign, List, Segment, SentEmail
from contacts.models.engagement import EmailAction
from contacts.services import unsubscribe_contacts
from contacts.services.campaigns import roll_up_counts, save_template
from contacts.services.engagement import record_email_activity

Clock = Callable[[datetime], AbstractContextManager[None]]
SENT: tuple[tuple[str, str, str, str, int, float], ...] = (
    # name, subject, layout, list, days ago, share that opens
    ("October letter", "What we learned this autumn", "newsletter", "Newsletter", 20, 0.34),
    ("Autumn offer", "20 % off until Sunday", "offer", "Product updates", 6, 0.27),
)


def load_campaigns(pick: random.Random, now: datetime, lists: dict[str, List], at: Clock) -> None:
    """`at(moment)` sets the clock back."""
    for name, subject, layout, list_name, days, opens in SENT:
        sent_at = now - timedelta(days=days, hours=2)
        with at(sent_at):
            campaign = _write(name, subject, layout, [lists[list_name]])
            start_campaign(campaign=campaign)
            _send(sent_at)
        _respond(pick, campaign, sent_at, now, opens, at)
    later = _write("Winter news", "Three things for the dark months", "newsletter", [lists["Newsletter"]])
    schedule_campaign(campaign=later, at=now + timedelta(days=5, hours=1))
    draft = _write("New: reports by e-mail", "", "announcement", [])
    draft.segment = Segment.objects.get(name="Paying customers")
    draft.save(update_fields=["segment"])
    save_template(values={"name": "House letter", "subject": "", "html": LAYOUTS["letter"].html()})
    roll_up_counts()


def _write(name: str, subject: str, layout: str, lists: list[List]) -> Campaign:
    values = {"name": name, "subject": subject, "html": LAYOUTS[layout].html()}
    return save_campaign(values=values, lists=lists)


def _send(moment: datetime) -> None:
    while turn(clock=lambda: moment):
        pass


def _respond(
    pick: random.Random,
    campaign: Campaign,
    sent_at: datetime,
    now: datetime,
    opens: float,
    at: Clock,
) -> None:
    """Most who open do so on the first day; some click, a few leave, a machine looks too."""
    links = list(campaign.links.all())
    for email in SentEmail.objects.filter(campaign=campaign, sent_at__isnull=False).order_by("pk"):
        if pick.random() < 0.01:
            record_email_activity(email=email, action=EmailAction.BOUNCE, detail="550 no such user", at=sent_at)
            continue
        if pick.random() < 0.12:
            record_email_activity(email=email, action=EmailAction.OPEN, machine=True, at=sent_at)
        if pick.random() > opens:
            continue
        moment = min(sent_at + timedelta(hours=pick.expovariate(1 / 14)), now)
        record_email_activity(email=email, action=EmailAction.OPEN, at=moment)
        if pick.random() < 0.3:
            link = pick.choice(links)
            record_email_activity(email=email, action=EmailAction.CLICK, link=link, at=moment)
        elif pick.random() < 0.02 and email.contact_id:
            with at(moment):
                left = [row for row in email.lists if unsubscribe_contacts(contacts=[email.contact_id], list=row)]
            if left:
                record_email_activity(email=email, action=EmailAction.UNSUBSCRIBE, at=moment)
