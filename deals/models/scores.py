"""Deals' points in the scores that count points of deals, and why they have them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import Score
from contacts.models.base import Fact

from .deals import Deal


class DealScore(models.Model):
    """A deal's points; no row is 0 points."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="deal_scores", verbose_name=_("score"))
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="scores", verbose_name=_("deal"))
    points = models.BigIntegerField(_("points"), default=0)

    class Meta:
        verbose_name = _("deal's score")
        verbose_name_plural = _("deals' scores")
        ordering = ["-points", "-id"]
        constraints = [models.UniqueConstraint(fields=["deal", "score"], name="deal_score_once")]
        indexes = [models.Index(fields=["score", "-points", "deal"], name="deal_score_points")]

    def __str__(self) -> str:
        return f"{self.score}: {self.points}"


class DealScoreChange(Fact):
    """A deal's points went from `old` to `new`."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="score_changes", verbose_name=_("deal"))
    score = models.ForeignKey(Score, models.CASCADE, related_name="deal_changes", verbose_name=_("score"))
    old = models.BigIntegerField(_("from"))
    new = models.BigIntegerField(_("to"))
    reason = models.CharField(_("reason"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("score change of a deal")
        verbose_name_plural = _("score changes of deals")
        indexes = [models.Index(fields=["deal", "at"], name="deal_score_timeline")]

    def __str__(self) -> str:
        return f"{self.score}: {self.old} → {self.new}"
