"""Spreads contacts over two to five paths; a contact always takes the same one (spec: split)."""

import hashlib
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm, WholeNumbersField
from automations.models import Step, StepCount
from automations.models.step import Arm
from automations.reasons import Outcome

from .base import STEPS, StepRun

LETTERS = "abcde"
MAX_WEIGHT = 10_000


class NumbersInput(forms.TextInput):
    """One text for a list of numbers, posted as one value or as many."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name) or ""]
        return ", ".join(str(value) for value in values if value)


@STEPS.register
class SplitStep(Step):
    """Sticky: the path follows from (step, contact) alone, so that a second pass repeats it."""

    slug = "split"
    label = gettext_lazy("Split")
    summary = gettext_lazy("Spreads contacts over two to five paths, evenly or by weight.")
    family = "flow"
    icon = "alt_route"
    synonyms = (gettext_lazy("A/B test"), gettext_lazy("random"))

    weights = models.JSONField(default=list)
    # After so many contacts, or from that day on, everyone takes `winner_path`; 0 and None: never.
    winner_after = models.PositiveIntegerField(default=0)
    winner_from = models.DateField(null=True, blank=True)
    winner_path = models.CharField(max_length=1, blank=True)

    class Form(SettingsForm):
        weights = WholeNumbersField(
            label=gettext_lazy("Weights"),
            initial="50, 50",
            widget=NumbersInput,
            help_text=gettext_lazy("One number for each of two to five paths, such as 50, 50 or 70, 20, 10."),
        )
        winner_after = forms.IntegerField(
            label=gettext_lazy("One path for all after so many contacts"),
            min_value=0,
            required=False,
            initial=0,
        )
        winner_from = forms.DateField(
            label=gettext_lazy("One path for all from this day on"),
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}),
        )
        winner_path = forms.ChoiceField(
            label=gettext_lazy("That path"),
            required=False,
            choices=[("", "---"), *((letter, letter.upper()) for letter in LETTERS)],
        )

        def clean_weights(self) -> list[int]:
            raw = ",".join(self.data.getlist("weights")) if hasattr(self.data, "getlist") else ""
            parts = (raw or self.cleaned_data["weights"]).strip("[]").split(",")
            try:
                weights = [int(part) for part in parts]
            except ValueError:
                raise ValidationError(_("Write whole numbers with commas between them, like 50, 50.")) from None
            if not 2 <= len(weights) <= 5 or min(weights) < 0 or max(weights) > MAX_WEIGHT or not sum(weights):
                raise ValidationError(_("Give two to five weights from 0 to 10000, not all 0."))
            return weights

        def clean_winner_after(self) -> int:
            return self.cleaned_data["winner_after"] or 0

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            paths = LETTERS[: len(data.get("weights") or [])]
            if (data.get("winner_after") or data.get("winner_from")) and (
                data.get("winner_path") or "-"
            ) not in paths:
                self.add_error("winner_path", _("Choose one of the paths of this split."))
            return data

    def arms(self) -> tuple[Arm, ...]:
        count = len(self.weights) if 2 <= len(self.weights) <= 5 else 2
        total = sum(self.weights) or 1
        shares = [round(weight * 100 / total) for weight in self.weights] or [50, 50]
        return tuple(Arm(LETTERS[n], f"{LETTERS[n].upper()} {shares[n]} %") for n in range(count))

    def run(self, run: StepRun) -> None:
        today = run.now.astimezone(ZoneInfo(run.zone)).date()
        late = self.winner_from is not None and today >= self.winner_from
        limit = 0 if late else self.winner_after or float("inf")
        for passed, visit in enumerate(run.visits, start=self._passed()):
            arm = self.winner_path if passed >= limit else self.path_of(visit.contact_id)
            run.go(visit, arm, Outcome.SPLIT, arm.upper())

    def path_of(self, contact_id: int) -> str:
        """The arm that (step, contact) falls on."""
        digest = hashlib.sha256(f"{self.key}:{contact_id}".encode()).digest()
        point = int.from_bytes(digest[:8], "big") % sum(self.weights)
        for letter, weight in zip(LETTERS, self.weights, strict=False):
            if point < weight:
                return letter
            point -= weight
        return LETTERS[0]

    def _passed(self) -> int:
        if not self.winner_after:
            return 0
        rows = StepCount.objects.filter(automation=self.automation_id, step_key=self.key, metric="left")
        return int(rows.aggregate(total=Sum("amount"))["total"] or 0)

    def describe(self) -> str:
        text = _("Split into %(count)d paths (%(weights)s)") % {
            "count": len(self.arms()),
            "weights": " / ".join(str(weight) for weight in self.weights or (50, 50)),
        }
        path = self.winner_path.upper()
        if self.winner_after:
            text += _(", after %(count)d contacts all take %(path)s") % {"count": self.winner_after, "path": path}
        if self.winner_from:
            day = date_format(self.winner_from, "SHORT_DATE_FORMAT")
            text += _(", from %(day)s on all take %(path)s") % {"day": day, "path": path}
        return text
