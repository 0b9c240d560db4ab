"""Somebody submits the form of a landing page in Unbounce (spec: unbounce_page_received)."""

from django.utils.translation import gettext_lazy as _

from .app import AppTrigger, source_form
from .base import TRIGGERS


@TRIGGERS.register
class UnbouncePageReceivedTrigger(AppTrigger):
    slug = "unbounce_page_received"
    label = _("Unbounce form is submitted")
    summary = _("Somebody submits the form on one of your Unbounce landing pages.")
    icon = "web"
    synonyms = (
        "Unbounce",
        _("landing page"),
        _("lead"),
    )
    app = "unbounce"
    any_source = _("A landing page’s form is submitted in Unbounce")
    one_source = _("The form of the page “%s” is submitted in Unbounce")
    Form = source_form("unbounce", _("Page"), _("any page"))
