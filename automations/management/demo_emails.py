"""The demo's readers: who opens, who clicks, and whose mail program only fetches."""

import random
from datetime import timedelta

from django.utils import timezone

from contacts.models import CampaignLink, SentEmail
from contacts.models.engagement import EmailAction
from contacts.services.engagement import record_email_activity

#: (label, address) of links in the demo's e-mails.
PLANS = ("See the plans", "https://example.com/plans")
BLOG = ("Read the blog", "https://example.com/blog?reader={{ contact.id }}")


def mail(subject: str, text: str, *links: tuple[str, str]) -> dict[str, str]:
    html = (
        "<h1 style='font-size:24px'>" + subject + "</h1>"
        "<p>Hello {{ contact.first_name | default: 'there' }},</p>"
        f"<p>{text}</p>"
        + "".join(f'<p><a href="{url}">{label}</a></p>' for label, url in links)
        + "<p>Yours,<br>the team</p>"
    )
    return {"subject": subject, "preheader": text, "html": html}


def read_emails(pick: random.Random) -> None:
    """What people do with the e-mails of the last days; a relay fetches some of the pictures."""
    recent = SentEmail.objects.filter(sent_at__gte=timezone.now() - timedelta(days=2), contact__isnull=False)
    links: dict[int, list[CampaignLink]] = {}
    for link in CampaignLink.objects.order_by("pk"):
        links.setdefault(link.campaign_id, []).append(link)
    for email in recent.order_by("pk"):
        chance = pick.random()
        if chance < 0.3:
            record_email_activity(email=email, action=EmailAction.OPEN)
        elif chance < 0.4:
            record_email_activity(email=email, action=EmailAction.OPEN, machine=True)
        elif chance < 0.48 and email.campaign_id in links:
            link = pick.choice(links[email.campaign_id])
            record_email_activity(email=email, action=EmailAction.CLICK, link=link, detail=link.url)
