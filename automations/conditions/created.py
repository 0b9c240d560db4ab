"""When the contact was created."""

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import CONTACT_CREATED

from .base import CONDITIONS, Condition, Moment, Settings
from .since import SinceForm, ago, since


@CONDITIONS.register
class CreatedCondition(Condition):
    slug = "created"
    label = gettext_lazy("Date created")
    Form = SinceForm
    listens_to = (CONTACT_CREATED,)
    changes_with_time = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        return since("created_at", settings, moment)

    @classmethod
    def describe(cls, settings: Settings) -> str:
        return str(_("was created %s") % ago(settings))
