"""How the contacts of a deal feel, as their e-mails about it tell."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.base import Fact

from .deals import Deal
from .mail import PersonalEmail, Sentiment


class DealSentiment(models.Model):
    """The sentiment of the last e-mail about the deal that could be read."""

    deal = models.OneToOneField(Deal, models.CASCADE, related_name="mood", verbose_name=_("deal"))
    value = models.CharField(_("sentiment"), max_length=8, choices=Sentiment)
    email = models.ForeignKey(
        PersonalEmail, models.SET_NULL, null=True, related_name="+", verbose_name=_("e-mail")
    )
    at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("deal's sentiment")
        verbose_name_plural = _("deals' sentiments")

    def __str__(self) -> str:
        return self.get_value_display()


class SentimentChange(Fact):
    """`old` is "" for the first e-mail of a deal that could be read."""

    deal = models.ForeignKey(
        Deal, models.CASCADE, related_name="sentiment_changes", db_index=False, verbose_name=_("deal")
    )
    email = models.ForeignKey(
        PersonalEmail, models.SET_NULL, null=True, related_name="+", verbose_name=_("e-mail")
    )
    old = models.CharField(_("from"), max_length=8, choices=Sentiment, blank=True)
    new = models.CharField(_("to"), max_length=8, choices=Sentiment)

    class Meta:
        verbose_name = _("change of sentiment")
        verbose_name_plural = _("changes of sentiment")
        ordering = ["-id"]
        indexes = [models.Index(fields=["deal", "at"], name="sentiment_change_timeline")]

    def __str__(self) -> str:
        return f"{self.old or '–'} → {self.new}"
