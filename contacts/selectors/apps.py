"""What is known of connected apps."""

from django.utils.translation import gettext as _

from contacts.connectors import CONNECTORS
from contacts.models import AppConnection, AppSource


def missing_for(app: str) -> str:
    """Why the app can't be built upon yet, as a sentence; "" where it can."""
    connector = CONNECTORS[app]
    if AppSource.objects.filter(connection__app=app, connection__is_active=True).exists():
        return ""
    if not AppConnection.objects.filter(app=app, is_active=True).exists():
        return _("Connect %s first, on the page “Apps”.") % connector.label
    return _("%(app)s is connected, but no %(source)s is known yet: add one there, or wait for the first.") % {
        "app": connector.label,
        "source": connector.source_label,
    }
