"""Adds, subtracts or sets points of a deal (spec: adjust a deal score)."""

from collections import Counter

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.names import name_of
from contacts.models import Score
from contacts.services.scores import MAX_POINTS
from deals.services import add_deal_points, set_deal_scores

from .base import STEPS, StepRun
from .deal_target import DealStep, WhichDealForm


@STEPS.register
class AdjustDealScoreStep(DealStep):
    slug = "adjust_deal_score"
    label = gettext_lazy("Adjust a deal score")
    summary = gettext_lazy("Adds or subtracts points of the deal, or sets them.")
    icon = "trending_up"
    synonyms = (gettext_lazy("deal scoring"), gettext_lazy("points"))

    score = models.ForeignKey(Score, models.PROTECT, null=True, related_name="+")
    op = models.CharField(max_length=8, default="add")
    points = models.IntegerField(null=True)

    class Form(WhichDealForm):
        score = forms.ModelChoiceField(label=gettext_lazy("Score"), queryset=Score.of("deal"))
        op = forms.ChoiceField(
            label=gettext_lazy("What to do"),
            choices=[
                ("add", gettext_lazy("add")),
                ("subtract", gettext_lazy("subtract")),
                ("set", gettext_lazy("set to")),
            ],
            initial="add",
        )
        points = forms.IntegerField(
            label=gettext_lazy("Points"), min_value=-MAX_POINTS, max_value=MAX_POINTS, initial=1
        )

        def clean_points(self) -> int:
            points: int = self.cleaned_data["points"]
            if self.cleaned_data.get("op") != "set" and points < 1:
                raise forms.ValidationError(_("Give a number of points of at least 1."))
            return points

    def run(self, run: StepRun) -> None:
        assert self.score_id is not None and self.points is not None  # noqa: S101 publishing demands both
        run.check_exists(Score, self.score_id, _("The score does not exist any more."))
        deals = self.deals(run)
        means = Counter(pk for found in deals.values() for pk in found)
        if self.op == "set":
            changes = set_deal_scores(deals=list(means), score=self.score_id, points=self.points)
        else:
            points = self.points if self.op == "add" else -self.points
            # Several contacts of a deal, or passes, can stand here: each counts.
            amounts = {pk: points * times for pk, times in means.items()}
            changes = add_deal_points(amounts=amounts, score=self.score_id)
        self.answer(run, deals, changes, _("it was so already"))

    def describe(self) -> str:
        if not self.score_id or self.points is None:
            return _("Adjust a deal's score (not chosen yet)")
        texts = {
            "add": _("Add %(points)d to the deal's “%(score)s”"),
            "subtract": _("Subtract %(points)d from the deal's “%(score)s”"),
            "set": _("Set the deal's “%(score)s” to %(points)d"),
        }
        return texts[self.op] % {"points": self.points, "score": name_of(Score, self.score_id)}
