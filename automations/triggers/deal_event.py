"""What the sentences of triggers about changes of deals share."""

from django.utils.translation import gettext as _


def from_to(old: str, new: str) -> str:
    """“ from A to B”, each only where it is given."""
    text = _(" from %s") % old if old else ""
    return text + (_(" to %s") % new if new else "")
