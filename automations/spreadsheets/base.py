"""What a back end of spreadsheets has: settings of its own, a check of them, and a way in for rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from automations.models import Spreadsheet
from automations.registry import Registry
from automations.steps.base import StepRun, Visit


@dataclass(frozen=True, slots=True)
class Row:
    """What one visit of the step adds: {heading: text}."""

    visit: Visit
    cells: Mapping[str, str]


class Backend:
    """One way to keep a spreadsheet."""

    slug: ClassVar[str]
    label: ClassVar[Promise | str]
    #: Settings of its own, by name of the model's field; those of the others stay empty.
    settings: ClassVar[Sequence[str]] = ()
    #: Whether its rows are kept here, to be looked at and taken out as CSV.
    keeps_rows: ClassVar[bool] = False

    def clean(self, values: Mapping[str, str]) -> dict[str, str]:
        """Its settings as they are to be stored; ValidationError by field."""
        return {}

    def guest(self, spreadsheet: Spreadsheet) -> str:
        """Whom the owner of the spreadsheet must let in, where somebody must be."""
        return ""

    def add(self, spreadsheet: Spreadsheet, rows: Sequence[Row], run: StepRun) -> None:
        """Write the rows, or have them written; in the transaction that moves the visits on."""
        raise NotImplementedError

    def try_out(self, spreadsheet: Spreadsheet) -> str:
        """A sentence on what is found there; ValidationError with what is wrong and how to mend it."""
        return str(_("Its rows are kept here: there is nothing to try out."))


BACKENDS: Registry[Any] = Registry("spreadsheet back end", required=("label", "add"))


def backend_of(spreadsheet: Spreadsheet) -> Backend:
    """ValidationError where the kind is none (any more)."""
    found = BACKENDS.get(spreadsheet.kind)
    if found is None:
        raise ValidationError({"kind": _("There is no such kind; the kinds are: %s.") % ", ".join(kinds())})
    backend: Backend = found()
    return backend


def kinds() -> list[str]:
    return [backend.slug for backend in BACKENDS]
