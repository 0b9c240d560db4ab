"""E-mails as people write them: one-off sends, and the e-mails of automations, which report the same way."""

import hashlib

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import Timestamped
from .lists import List
from .segments import Segment


class CampaignKind(models.TextChoices):
    BROADCAST = "broadcast", _("one-off")
    AUTOMATION = "automation", _("e-mail of an automation")
    PERSONAL = "personal", _("personal e-mail")


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    SENDING = "sending", _("being sent")
    PAUSED = "paused", _("paused")
    SENT = "sent", _("sent")
    CANCELLED = "cancelled", _("cancelled")


class Campaign(Timestamped):
    """One e-mail that goes to many: now, at a time, or (kind `automation`) whenever an automation comes to it.

    scheduled_at  when it is, or was, due; while it is being sent the pump finds it by this
    watermark     the last contact that is in the ledger; `ceiling` is the last there was at the start
    recipients    how many are in the ledger
    problem       why it could not start by itself

    Personal e-mails are counted under one of the kind `personal`: each automated one under its own, those that
    people write under one for all. They are no campaigns, and pages of campaigns leave them out.

    The e-mail of an automation has its text in the automation's versions; here stands only what it
    is called and counted under. `origin_key` says which one it is, to whoever made it.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=CampaignKind, default=CampaignKind.BROADCAST)
    # Null and not "": unique among those that have one.
    origin_key = models.CharField(max_length=60, unique=True, null=True, editable=False)  # noqa: DJ001
    name = models.CharField(_("name"), max_length=250)
    status = models.CharField(
        _("status"), max_length=10, choices=CampaignStatus, default=CampaignStatus.DRAFT, editable=False
    )
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    preheader = models.CharField(_("preheader"), max_length=250, blank=True)
    html = models.TextField(_("content (HTML)"), blank=True)
    text = models.TextField(_("plain text"), blank=True)
    from_name = models.CharField(_("from (name)"), max_length=100, blank=True)
    from_email = models.EmailField(_("from (address)"), blank=True)
    reply_to = models.EmailField(_("reply to"), blank=True)
    track_opens = models.BooleanField(_("count opens"), default=True)
    track_links = models.BooleanField(_("count clicks"), default=True)
    lists = models.ManyToManyField(List, blank=True, related_name="campaigns", verbose_name=_("lists"))
    # Deleting one that a campaign still needs is refused (`contacts.receivers`); what was sent outlives it.
    segment = models.ForeignKey(
        Segment, models.SET_NULL, null=True, blank=True, related_name="campaigns", verbose_name=_("segment")
    )
    scheduled_at = models.DateTimeField(_("scheduled for"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    # The recipients as they were chosen at the start: the segment's conditions, and how far they are worked out.
    audience = models.JSONField(default=dict, editable=False)
    watermark = models.BigIntegerField(default=0, editable=False)
    ceiling = models.BigIntegerField(default=0, editable=False)
    expanded_at = models.DateTimeField(null=True, editable=False)
    recipients = models.PositiveIntegerField(_("recipients"), default=0, editable=False)
    problem = models.TextField(_("problem"), blank=True, editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["scheduled_at"],
                condition=models.Q(status__in=["scheduled", "sending"]),
                name="campaign_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def url_hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


class EmailTemplate(Timestamped):
    """An e-mail to start others from; what was started from it does not change with it."""

    name = models.CharField(_("name"), max_length=100)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    preheader = models.CharField(_("preheader"), max_length=250, blank=True)
    html = models.TextField(_("content (HTML)"), blank=True)
    text = models.TextField(_("plain text"), blank=True)

    class Meta:
        verbose_name = _("e-mail template")
        verbose_name_plural = _("e-mail templates")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="email_template_name",
                violation_error_message=_("A template with this name exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class CampaignLink(models.Model):
    """A link of a campaign's e-mail, as it is written there: personalisation is not filled in."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="links", verbose_name=_("campaign"))
    url = models.TextField(_("address"))
    url_hash = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["campaign", "url_hash"], name="campaign_link_once")]

    def __str__(self) -> str:
        return self.url

    def save(self, *args: object, **kwargs: object) -> None:
        self.url_hash = url_hash(self.url)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came


class CampaignCount(models.Model):
    """What was counted, in rows that are only ever added and rolled up: a counter nobody waits for.

    metric  an EmailAction, "sent", or one of them with "_first": counted once for each e-mail
            "link" and "link_first" (once for each e-mail) count the clicks of one `link`;
            "skipped" and "skip:<reason>" those whom it was not sent
    at      the beginning of the hour
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="counts", db_index=False)
    link = models.ForeignKey(CampaignLink, models.CASCADE, null=True, related_name="counts", db_index=False)
    metric = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    amount = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["campaign", "metric", "at"], name="campaign_count_read")]

    def __str__(self) -> str:
        return f"{self.metric}: {self.amount}"
