"""Quotation marks, which each language has its own of."""

from django.utils.translation import gettext as _


def quoted(value: object) -> str:
    """`value` in the quotation marks of the reader's language: “Ann”, « Ann »."""
    return _("“%s”") % value
