"""A contact's or deal's score crosses a threshold (spec: score_changed): the crossing counts, not being there."""

from collections.abc import Hashable, Iterable, Sequence

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import PLUS_AND_UP, Availability
from automations.events import SCORE_CHANGED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.models import Score

from .base import TRIGGERS

#: More than any score can hold would overflow the database's integers.
LIMIT = 10**15


@TRIGGERS.register
class ScoreChangedTrigger(Trigger):
    slug = "score_changed"
    label = gettext_lazy("Score changes")
    summary = gettext_lazy("A contact's or a deal's score rises above, or falls below, a number of points.")
    family = "contacts"
    icon = "trending_up"
    synonyms = (gettext_lazy("lead scoring"), gettext_lazy("points"), gettext_lazy("threshold"))
    availability = Availability(plans=PLUS_AND_UP)
    listens_to = SCORE_CHANGED
    # Of a score of deals; a contact's own score brings no record.
    record = "deal"
    multi_contact = True

    score = models.ForeignKey(
        Score, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("score")
    )
    direction = models.CharField(max_length=8, default="above")
    value = models.BigIntegerField(gettext_lazy("points"), null=True, blank=True)

    class Form(SettingsForm):
        score = forms.ModelChoiceField(label=gettext_lazy("Score"), queryset=Score.objects.all())
        direction = forms.ChoiceField(
            label=gettext_lazy("It"),
            choices=[("above", gettext_lazy("rises above")), ("below", gettext_lazy("falls below"))],
            initial="above",
        )
        value = forms.IntegerField(
            label=gettext_lazy("Points"),
            min_value=-LIMIT,
            max_value=LIMIT,
            help_text=gettext_lazy(
                "The crossing counts: from 10 to 11 rises above 10, from 10 to 9 falls below it."
            ),
        )

    def index_keys(self) -> Iterable[Hashable]:
        return [self.score_id]

    def match(self, event: Event) -> Sequence[int]:
        if self.value is None or event.changes is None:
            return super().match(event)
        return [pk for pk, (old, new) in event.changes.items() if self._crosses(int(old), int(new), self.value)]

    def concerns(self, event: Event) -> bool:
        """Of a deal's score: whether the deal's points cross it."""
        if self.value is None or event.change is None:
            return False
        old, new = event.change
        return self._crosses(int(old), int(new), self.value)

    def _crosses(self, old: int, new: int, value: int) -> bool:
        return old <= value < new if self.direction == "above" else old >= value > new

    def describe(self) -> str:
        if not self.score_id or self.value is None:
            return _("A score changes (not chosen yet)")
        texts = {
            "above": _("“%(score)s” rises above %(value)d"),
            "below": _("“%(score)s” falls below %(value)d"),
        }
        return texts[self.direction] % {"score": name_of(Score, self.score_id), "value": self.value}
