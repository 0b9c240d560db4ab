"""The demo's readers: who opens, who clicks, and whose mail program only fetches."""

import random
from datetime import timedelta

from django.utils import timezone

from contacts.models import CampaignLink, EmailReply, PostmarkServer, SentEmail
from contacts.models.engagement import EmailAction
from contacts.services.engagement import record_email_activity
from contacts.services.postmark import receive_postmark

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


def talk_about_emails(pick: random.Random) -> None:
    """A few share, forward or answer; the shop's receipts are opened, as Postmark tells it."""
    recent = list(SentEmail.objects.filter(campaign__isnull=False, contact__isnull=False).order_by("-pk")[:60])
    for email in pick.sample(recent, min(4, len(recent))):
        network = pick.choice(("facebook", "linkedin", "whatsapp"))
        record_email_activity(email=email, action=EmailAction.SHARE, detail=network)
    for email in pick.sample(recent, min(2, len(recent))):
        record_email_activity(email=email, action=EmailAction.FORWARD)
    for email in pick.sample(recent, min(3, len(recent))):
        record_email_activity(email=email, action=EmailAction.REPLY)
        EmailReply.objects.create(
            contact_id=email.contact_id or 0, email=email, sender=email.address,
            subject=f"Re: {email.subject}"[:250], text="Sounds good. Could you call me on Tuesday?",
        )  # fmt: skip
    server, _new = PostmarkServer.objects.get_or_create(name="Shop")
    for number, email in enumerate(pick.sample(recent, min(3, len(recent)))):
        receive_postmark(
            server=server,
            payload={
                "RecordType": "Open",
                "MessageStream": "outbound",
                "MessageID": f"demo-{email.pk}-{number}",
                "Recipient": email.address,
                "Tag": "receipt",
                "Metadata": {"subject": "Your receipt"},
                "ReceivedAt": timezone.now().isoformat(),
            },
        )
