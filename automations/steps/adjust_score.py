"""Adds, subtracts or sets points of a score (spec: adjust a contact score)."""

from collections import Counter

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from contacts.models import Score
from contacts.services import add_points, set_scores
from contacts.services.scores import MAX_POINTS

from .base import STEPS, StepRun


@STEPS.register
class AdjustScoreStep(Step):
    slug = "adjust_score"
    label = gettext_lazy("Adjust a score")
    summary = gettext_lazy("Adds or subtracts points of the contact, or sets them.")
    family = "contacts"
    icon = "trending_up"
    synonyms = (gettext_lazy("lead scoring"), gettext_lazy("points"))

    score = models.ForeignKey(
        Score, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("score")
    )
    op = models.CharField(max_length=8, default="add")
    points = models.IntegerField(gettext_lazy("points"), null=True)

    class Form(SettingsForm):
        score = forms.ModelChoiceField(label=gettext_lazy("Score"), queryset=Score.of("contact"))
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
        if self.op == "set":
            run.go_all(set_scores(contacts=run.contact_ids, score=self.score_id, points=self.points))
            return
        points = self.points if self.op == "add" else -self.points
        # A contact can stand here twice, in two passes: each counts.
        amounts = {contact: points * times for contact, times in Counter(run.contact_ids).items()}
        run.go_all(add_points(amounts=amounts, score=self.score_id))

    def describe(self) -> str:
        if not self.score_id or self.points is None:
            return _("Adjust a score (not chosen yet)")
        texts = {
            "add": _("Add %(points)d to “%(score)s”"),
            "subtract": _("Subtract %(points)d from “%(score)s”"),
            "set": _("Set “%(score)s” to %(points)d"),
        }
        return texts[self.op] % {"points": self.points, "score": name_of(Score, self.score_id)}
