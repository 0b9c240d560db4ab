"""How many points the contact has. Who never got any has 0."""

from typing import Any

from django import forms
from django.db.models import Exists, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import SCORE_CHANGED
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import ContactScore, Score

from .base import CONDITIONS, Condition, Moment, Settings

LIMIT = 10**15


class ScoreForm(SettingsForm):
    depends = {"upper": ("op", ("between",))}

    score = forms.ModelChoiceField(label=gettext_lazy("Score"), queryset=Score.of("contact"))
    op = forms.ChoiceField(
        label="",
        choices=[
            ("above", gettext_lazy("is above")),
            ("below", gettext_lazy("is below")),
            ("equals", gettext_lazy("is exactly")),
            ("between", gettext_lazy("is between")),
        ],
        initial="above",
    )
    value = forms.IntegerField(label=gettext_lazy("Points"), min_value=-LIMIT, max_value=LIMIT)
    upper = forms.IntegerField(
        label=gettext_lazy("and (both included)"), min_value=-LIMIT, max_value=LIMIT, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("op") != "between":
            data["upper"] = None
        elif "upper" in data and data["upper"] is None:
            self.add_error("upper", _("Give the upper end, too."))
        elif data.get("upper") is not None and data.get("value") is not None and data["upper"] < data["value"]:
            self.add_error("upper", _("The upper end is less than the lower one."))
        return data


@CONDITIONS.register
class ScoreCondition(Condition):
    slug = "score"
    label = gettext_lazy("Score")
    Form = ScoreForm
    listens_to = (SCORE_CHANGED,)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        inside = points_within(settings)
        rows = ContactScore.objects.filter(score=settings["score"]).order_by()
        if not zero_is_within(settings):
            return Q(pk__in=rows.filter(inside).values("contact_id"))
        # No row is 0 points: everybody but those whose points don't fit.
        exists = Q(Exists(Score.objects.filter(pk=settings["score"])))
        return exists & ~Q(pk__in=rows.exclude(inside).values("contact_id"))

    @classmethod
    def describe(cls, settings: Settings) -> str:
        texts = {
            "above": _("has more than %(value)d points in “%(score)s”"),
            "below": _("has fewer than %(value)d points in “%(score)s”"),
            "equals": _("has exactly %(value)d points in “%(score)s”"),
            "between": _("has %(value)d to %(upper)d points in “%(score)s”"),
        }
        values = {**settings, "score": name_of(Score, settings["score"])}
        return texts[settings["op"]] % values


def points_within(settings: Settings) -> Q:
    value, upper = settings["value"], settings.get("upper")
    if settings["op"] == "between":
        return Q(points__gte=value, points__lte=upper)
    return Q(**{{"above": "points__gt", "below": "points__lt", "equals": "points"}[settings["op"]]: value})


def zero_is_within(settings: Settings) -> bool:
    """Whether who never got points meets it."""
    value, upper = settings["value"], settings.get("upper")
    checks = {"above": value < 0, "below": value > 0, "equals": value == 0}
    return bool(checks.get(settings["op"], upper is not None and value <= 0 <= upper))
