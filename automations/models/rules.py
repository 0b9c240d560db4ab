"""Rules beside automations, defined by a trigger's type or by conditions: what gives points, what converts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.models import Contact, Conversion, Score
from contacts.models.base import Timestamped

from .trigger import Trigger

if TYPE_CHECKING:
    from django.db.models import QuerySet

MAX_POINTS = 1_000_000


class Rule(Timestamped):
    """Answers an event, as the trigger type `trigger` with `settings` matches it, of contacts within `conditions`.

    Without a trigger it answers the conditions coming true, where the kind of rule can do that.
    """

    is_active = models.BooleanField(gettext_lazy("active"), default=True)
    trigger = models.CharField(gettext_lazy("when"), max_length=50, blank=True)
    settings = models.JSONField(gettext_lazy("settings"), default=dict, blank=True)
    conditions = models.JSONField(gettext_lazy("conditions"), default=dict, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.describe()

    @property
    def token(self) -> str:
        """Names the rule in a chain of causes."""
        return f"{self._meta.model_name}:{self.pk}"

    @property
    def type(self) -> type[Trigger] | None:
        from automations.triggers import TRIGGERS

        return TRIGGERS.get(self.trigger)

    def as_trigger(self) -> Trigger | None:
        """The trigger that the settings describe, in memory; None without one (or its module was taken away)."""
        return self.type.from_settings(self.settings, segment=self.conditions) if self.type else None

    def references(self) -> set[tuple[str, int]]:
        """("app_label.model", id) of the records that it names."""
        from automations.conditions.tree import tree_references

        trigger = self.as_trigger()
        return tree_references(self.conditions) | (trigger.references() if trigger else set())

    def describe(self) -> str:
        """When it answers, in words: “The tag “VIP” is added, for contacts who …”."""
        from automations.conditions.tree import describe_tree

        trigger, conditions = self.as_trigger(), describe_tree(self.conditions)
        if trigger is None:
            return _("The contact %s") % conditions if conditions else _("(not chosen yet)")
        text = trigger.describe()
        return (
            _("%(event)s, and the contact %(conditions)s") % {"event": text, "conditions": conditions}
            if (conditions)
            else text
        )

    def clean(self) -> None:
        """Settings and conditions, validated by their own forms; ValidationError by field."""
        errors: dict[str, Any] = {}
        for name, check in (("settings", self._clean_settings), ("conditions", self._clean_conditions)):
            try:
                check()
            except ValidationError as error:
                errors |= error.error_dict if hasattr(error, "error_dict") else {name: error}
        if errors:
            raise ValidationError(errors)
        self._check_self_reference()

    def _clean_settings(self) -> None:
        from automations.services.drafts import check_available

        if not self.trigger:
            self.settings = {}
            return
        cls = self.type
        if cls is None or not cls.suits_rules:
            raise ValidationError({"trigger": _("There is no such event: “%s”.") % self.trigger})
        try:
            check_available(cls)
        except ValidationError as error:
            raise ValidationError({"trigger": error.messages}) from None
        if not isinstance(self.settings, Mapping):
            raise ValidationError({"settings": _("Give an object.")})
        try:
            self.settings = cls.Form.validate(self.settings, owner=cls())
        except ValidationError as error:
            fields = cls.Form.base_fields
            raise ValidationError(
                {
                    "settings": [
                        f"{getattr(fields.get(name), 'label', None) or name}: {' '.join(messages)}"
                        for name, messages in error.message_dict.items()
                    ]
                }
            ) from None

    def _clean_conditions(self) -> None:
        from automations.conditions.tree import clean_tree

        self.conditions = clean_tree(self.conditions)
        if not self.trigger and not self.conditions:
            raise ValidationError({"conditions": _("Add at least one condition, or choose an event.")})

    def _check_self_reference(self) -> None:
        """ValidationError where the rule would answer what it does itself."""
        owner = self.owner()
        if (owner._meta.label_lower, owner.pk) in self.references():
            raise ValidationError(_("A rule can't depend on what it changes itself: “%s”.") % owner)

    def owner(self) -> models.Model:
        """What the rule is for: a score, a conversion."""
        raise NotImplementedError  # each kind has its own


class ScoreRule(Rule):
    """Gives points: each time an event happens, or each time conditions come true."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="rules", verbose_name=gettext_lazy("score"))
    points = models.IntegerField(
        gettext_lazy("points"),
        validators=[MinValueValidator(-MAX_POINTS), MaxValueValidator(MAX_POINTS)],
        help_text=gettext_lazy("Less than 0 takes points away."),
    )
    limit = models.PositiveIntegerField(
        gettext_lazy("at most so often per contact"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text=gettext_lazy("1: once per contact. Empty: every time."),
    )  # fmt: skip
    expires_days = models.PositiveIntegerField(
        gettext_lazy("points expire after days"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)], help_text=gettext_lazy("Empty: never."),
    )  # fmt: skip
    #: Since when it knows who meets its conditions; null until the worker has looked.
    baseline_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = gettext_lazy("score rule")
        verbose_name_plural = gettext_lazy("score rules")
        ordering = ["score_id", "id"]

    def owner(self) -> Score:
        return self.score

    def clean(self) -> None:
        if self.points == 0:
            raise ValidationError({"points": _("Give a number other than 0.")})
        super().clean()

    def summary(self) -> str:
        """The whole rule in words: “+5: the tag “VIP” is added, at most 3 times, for 30 days”."""
        parts = [f"{self.points:+d}: {self.describe()}"]
        if self.limit == 1:
            parts.append(_("once per contact"))
        elif self.limit:
            parts.append(ngettext("at most %d time", "at most %d times", self.limit) % self.limit)
        if self.expires_days:
            parts.append(ngettext("for %d day", "for %d days", self.expires_days) % self.expires_days)
        return ", ".join(parts)

    @classmethod
    def at_work(cls) -> "QuerySet[ScoreRule]":
        return cls.objects.filter(is_active=True, score__is_active=True).order_by("pk")


class ScoreRuleState(models.Model):
    """How often a rule has counted for a contact, and whether the contact meets its conditions now."""

    rule = models.ForeignKey(ScoreRule, models.CASCADE, related_name="states")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    times = models.PositiveIntegerField(default=0)
    met = models.BooleanField(default=False)

    class Meta:
        verbose_name = gettext_lazy("score rule's state")
        constraints = [models.UniqueConstraint(fields=["rule", "contact"], name="score_rule_state_once")]

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.times}"


class RuleCheck(models.Model):
    """Something happened after which rules with conditions must be asked about a contact. Taken by the worker."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=64)
    #: Tokens of the rules that caused it: none of them answers.
    chain = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = gettext_lazy("rule check")

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.kind}"


class ConversionRule(Rule):
    """Says that an event is a conversion."""

    conversion = models.ForeignKey(
        Conversion, models.CASCADE, related_name="rules", verbose_name=gettext_lazy("conversion")
    )

    class Meta:
        verbose_name = gettext_lazy("conversion rule")
        verbose_name_plural = gettext_lazy("conversion rules")
        ordering = ["conversion_id", "id"]

    def owner(self) -> Conversion:
        return self.conversion

    def clean(self) -> None:
        if not self.trigger:
            raise ValidationError({"trigger": _("Choose an event.")})
        super().clean()
