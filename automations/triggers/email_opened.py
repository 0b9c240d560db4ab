"""A contact opens an e-mail (spec: email_opened). What machines fetch is no open; a click is one."""

from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import EMAIL_OPENED
from automations.forms import Suggestions

from .base import TRIGGERS
from .email_personal import PersonalForm, PersonalTrigger
from .email_scope import OptionField
from .email_transactional import OPS, WHICH, known


@TRIGGERS.register
class EmailOpenedTrigger(PersonalTrigger):
    slug = "email_opened"
    label = gettext_lazy("Opens an e-mail")
    summary = gettext_lazy("A contact opens an e-mail, or clicks a link in it.")
    family = "email"
    icon = "drafts"
    synonyms = (gettext_lazy("reads"), gettext_lazy("open"), gettext_lazy("newsletter"), gettext_lazy("Postmark"))
    listens_to = EMAIL_OPENED
    needs_mailbox = False

    # "" stands for any, as the provider names them.
    server = models.CharField(gettext_lazy("server"), max_length=100, blank=True)
    stream = models.CharField(gettext_lazy("message stream"), max_length=100, blank=True)
    which = models.CharField(max_length=8, default="all")
    which_op = models.CharField(max_length=8, default="is")
    which_text = models.CharField(max_length=250, blank=True)

    class Form(PersonalForm):
        depends: ClassVar[Any] = {
            **PersonalForm.depends,
            "server": ("kind", ("transactional",)),
            "stream": ("kind", ("transactional",)),
            "which": ("kind", ("transactional",)),
            "which_op": ("which", ("tag", "subject")),
            "which_text": ("which", ("tag", "subject")),
        }

        kind = OptionField("campaign", "transactional", "personal")
        server = forms.CharField(
            label=gettext_lazy("Postmark server (empty: any)"),
            required=False,
            max_length=100,
            widget=Suggestions(lambda: known("server")),
        )
        stream = forms.CharField(
            label=gettext_lazy("Message stream (empty: any)"),
            required=False,
            max_length=100,
            widget=Suggestions(lambda: known("stream")),
        )
        which = forms.ChoiceField(
            label=gettext_lazy("Which opens"), choices=list(WHICH.items()), required=False, initial="all"
        )
        which_op = forms.ChoiceField(
            label=gettext_lazy("Comparison"), choices=list(OPS.items()), required=False, initial="is"
        )
        which_text = forms.CharField(
            label=gettext_lazy("Text"),
            required=False,
            max_length=250,
            help_text=gettext_lazy("Upper and lower case are the same."),
        )

    def describe(self) -> str:
        return _("Opens %s") % self.email_text()
