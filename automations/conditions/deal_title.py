"""What a deal is called."""

from django.db.models import Q
from django.utils.translation import gettext_lazy

from automations.events import DEAL_CONTACTS_CHANGED, PIPELINE_ENTERED
from automations.records.deal import DEAL

from .base import Moment, Settings
from .records import RecordCondition, register_for_records
from .title import TitleForm, describe_title, title_is


@register_for_records
class DealTitleCondition(RecordCondition):
    slug = "deal_title"
    label = gettext_lazy("Deal's title")
    group = gettext_lazy("Deals")
    kind = DEAL
    Form = TitleForm
    listens_to = (PIPELINE_ENTERED, DEAL_CONTACTS_CHANGED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        return title_is(settings)

    @classmethod
    def describe(cls, settings: Settings) -> str:
        return describe_title(settings)
