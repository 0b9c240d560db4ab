"""A contact answers an e-mail (spec: email_replied). Out-of-office answers and the like are none."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import EMAIL_REPLIED

from .base import TRIGGERS
from .email_personal import PersonalForm, PersonalTrigger
from .email_scope import OptionField


@TRIGGERS.register
class EmailRepliedTrigger(PersonalTrigger):
    slug = "email_replied"
    label = gettext_lazy("Answers an e-mail")
    summary = gettext_lazy("A contact writes back. Automatic answers don't count.")
    family = "email"
    icon = "reply"
    synonyms = (gettext_lazy("reply"), gettext_lazy("answer"), gettext_lazy("response"))
    listens_to = EMAIL_REPLIED

    class Form(PersonalForm):
        kind: Any = OptionField("campaign", "personal")

    def describe(self) -> str:
        return _("Answers %s") % self.email_text()
