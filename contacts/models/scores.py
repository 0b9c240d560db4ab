"""Scores: what contacts' points are counted in, how many each has, and why."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from .base import Fact, Timestamped
from .contact import Contact


class Score(Timestamped):
    """A sum of points. `key` is how personalisation names it (`contact.scores.<key>`); it never changes."""

    class Subject(models.TextChoices):
        CONTACT = "contact", _("contacts")
        DEAL = "deal", _("deals")

    name = models.CharField(_("name"), max_length=100)
    key = models.CharField(
        _("key"),
        max_length=60,
        blank=True,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_]*$", _("Use lower-case letters, digits and “_”, beginning with a letter.")
            )
        ],
        error_messages={"unique": _("A score with this key exists already.")},
        help_text=_("Used in personalisation. Made from the name when empty; it can't be changed later."),
    )
    description = models.CharField(_("description"), max_length=250, blank=True)
    subject = models.CharField(_("counts points of"), max_length=10, choices=Subject, default=Subject.CONTACT)
    is_active = models.BooleanField(
        _("active"), default=True,
        help_text=_("Its rules give points only while it is active. Points that contacts have stay."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="score_name",
                violation_error_message=_("A score with this name exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of(cls, subject: str) -> "models.QuerySet[Score]":
        """Those that count points of contacts, or of deals."""
        return cls.objects.filter(subject=subject)

    def clean(self) -> None:
        self.key = self.key or self._free_key()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = self.key or self._free_key()
        super().save(*args, **kwargs)

    def _free_key(self) -> str:
        stem = slugify(self.name).replace("-", "_")[:50].lstrip("_0123456789") or "score"
        taken = set(Score.objects.filter(key__startswith=stem).values_list("key", flat=True))
        keys = (stem if number == 1 else f"{stem}_{number}" for number in range(1, len(taken) + 2))
        return next(key for key in keys if key not in taken)


class ContactScore(models.Model):
    """A contact's points; no row is 0 points."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="contact_scores", verbose_name=_("score"))
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="scores", verbose_name=_("contact"))
    points = models.BigIntegerField(_("points"), default=0)

    class Meta:
        verbose_name = _("contact's score")
        verbose_name_plural = _("contacts' scores")
        ordering = ["-points", "-id"]
        constraints = [models.UniqueConstraint(fields=["contact", "score"], name="contact_score_once")]
        # Conditions ask “above 10”, lists “the highest first”.
        indexes = [models.Index(fields=["score", "-points", "contact"], name="contact_score_points")]

    def __str__(self) -> str:
        return f"{self.score}: {self.points}"


class ScoreChange(Fact):
    """A contact's points went from `old` to `new`. `rule_id` is the rule that did it, if one did."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="score_changes", verbose_name=_("contact"))
    score = models.ForeignKey(Score, models.CASCADE, related_name="changes", verbose_name=_("score"))
    old = models.BigIntegerField(_("from"))
    new = models.BigIntegerField(_("to"))
    reason = models.CharField(_("reason"), max_length=250, blank=True)
    rule_id = models.BigIntegerField(_("rule"), null=True, blank=True)

    class Meta:
        verbose_name = _("score change")
        verbose_name_plural = _("score changes")
        indexes = [
            models.Index(fields=["contact", "at"], name="score_change_timeline"),
            models.Index(fields=["at"], name="score_change_age"),
        ]

    def __str__(self) -> str:
        return f"{self.score}: {self.old} → {self.new}"


class ExpiringPoints(models.Model):
    """Points that are taken back at `due_at`; setting a score to a number makes them void."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="expiring_points")
    score = models.ForeignKey(Score, models.CASCADE, related_name="expiring_points")
    points = models.BigIntegerField(_("points"))
    due_at = models.DateTimeField(_("due"))

    class Meta:
        verbose_name = _("expiring points")
        verbose_name_plural = _("expiring points")
        indexes = [
            models.Index(fields=["due_at"], name="expiring_points_due"),
            models.Index(fields=["contact", "score"], name="expiring_points_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.score}: {self.points}"
