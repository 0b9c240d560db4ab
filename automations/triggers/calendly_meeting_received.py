"""Somebody books a meeting in Calendly (spec: calendly_meeting_received)."""

from django.utils.translation import gettext_lazy as _

from .app import AppTrigger, source_form
from .base import TRIGGERS


@TRIGGERS.register
class CalendlyMeetingReceivedTrigger(AppTrigger):
    slug = "calendly_meeting_received"
    label = _("Calendly meeting is booked")
    summary = _("Somebody books a meeting with you in Calendly.")
    icon = "event_available"
    synonyms = (
        "Calendly",
        _("appointment"),
        _("booking"),
    )
    app = "calendly"
    any_source = _("A meeting is booked in Calendly")
    one_source = _("The meeting “%s” is booked in Calendly")
    Form = source_form("calendly", _("Meeting type"), _("any meeting type"))
