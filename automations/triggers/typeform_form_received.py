"""Somebody answers a form in Typeform (spec: typeform_form_received)."""

from django.utils.translation import gettext_lazy as _

from .app import AppTrigger, source_form
from .base import TRIGGERS


@TRIGGERS.register
class TypeformFormReceivedTrigger(AppTrigger):
    slug = "typeform_form_received"
    label = _("Typeform form is answered")
    summary = _("Somebody sends the answers to one of your Typeform forms.")
    icon = "ballot"
    synonyms = (
        "Typeform",
        _("survey"),
        _("response"),
    )
    app = "typeform"
    any_source = _("A form is answered in Typeform")
    one_source = _("The form “%s” is answered in Typeform")
    Form = source_form("typeform", _("Form"), _("any form"))
