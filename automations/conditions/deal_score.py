"""How many points a deal has. One that never got any has 0."""

from django import forms
from django.db.models import Exists, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import DEAL_CONTACTS_CHANGED, PIPELINE_ENTERED, SCORE_CHANGED
from automations.names import name_of
from automations.records.deal import DEAL
from contacts.models import Score
from deals.models import DealScore

from .base import Moment, Settings
from .records import RecordCondition, register_for_records
from .score import ScoreForm, points_within, zero_is_within


class DealScoreForm(ScoreForm):
    score = forms.ModelChoiceField(label=gettext_lazy("Score"), queryset=Score.of("deal"))


@register_for_records
class DealScoreCondition(RecordCondition):
    slug = "deal_score"
    label = gettext_lazy("Deal's score")
    group = gettext_lazy("Deals")
    kind = DEAL
    Form = DealScoreForm
    listens_to = (SCORE_CHANGED, PIPELINE_ENTERED, DEAL_CONTACTS_CHANGED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        inside = points_within(settings)
        rows = DealScore.objects.filter(score=settings["score"]).order_by()
        if not zero_is_within(settings):
            return Q(pk__in=rows.filter(inside).values("deal_id"))
        # No row is 0 points: every deal but those whose points don't fit.
        exists = Q(Exists(Score.objects.filter(pk=settings["score"])))
        return exists & ~Q(pk__in=rows.exclude(inside).values("deal_id"))

    @classmethod
    def describe(cls, settings: Settings) -> str:
        texts = {
            "above": _("has more than %(value)d points in “%(score)s”"),
            "below": _("has fewer than %(value)d points in “%(score)s”"),
            "equals": _("has exactly %(value)d points in “%(score)s”"),
            "between": _("has %(value)d to %(upper)d points in “%(score)s”"),
        }
        return texts[settings["op"]] % {**settings, "score": name_of(Score, settings["score"])}
