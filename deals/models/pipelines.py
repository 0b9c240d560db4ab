"""Pipelines and their ordered stages."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from contacts.models.base import Timestamped
from deals.money import check_currency, currency_choices


def validate_currency(value: str) -> None:
    check_currency(value)


class Pipeline(Timestamped):
    """A way that deals go, from stage to stage."""

    name = models.CharField(_("name"), max_length=100)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        choices=currency_choices,
        validators=[validate_currency],
        help_text=_("What new deals are counted in."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="pipeline_name",
                violation_error_message=_("A pipeline with this name exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Stage(Timestamped):
    """A column of a pipeline's board."""

    class Color(models.TextChoices):
        GREY = "grey", _("grey")
        BLUE = "blue", _("blue")
        TEAL = "teal", _("teal")
        GREEN = "green", _("green")
        AMBER = "amber", _("amber")
        ORANGE = "orange", _("orange")
        RED = "red", _("red")
        VIOLET = "violet", _("violet")

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages", verbose_name=_("pipeline"))
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveIntegerField(_("position"), default=0)
    probability = models.PositiveSmallIntegerField(
        _("win probability"),
        default=50,
        validators=[MaxValueValidator(100)],
        help_text=_("In per cent: how many of the deals that get here are won."),
    )
    color = models.CharField(_("colour"), max_length=10, choices=Color, default=Color.GREY)

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["pipeline", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                "pipeline",
                Lower("name"),
                name="stage_name",
                violation_error_message=_("The pipeline has a stage with this name already."),
            ),
            models.CheckConstraint(condition=models.Q(probability__lte=100), name="stage_probability"),
        ]

    def __str__(self) -> str:
        return self.name
