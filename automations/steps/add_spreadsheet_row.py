"""Adds a row about the contact to a spreadsheet, kept here or elsewhere (spec: add a row to a spreadsheet)."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.rendering import personalise, validate_template
from automations.forms import SettingsForm
from automations.models import Spreadsheet, Step
from automations.names import name_of
from automations.personal import PersonalText
from automations.reasons import Outcome
from automations.spreadsheets import Row, backend_of

from .base import STEPS, StepError, StepRun
from .lines import parse_lines

COLUMNS = 50
#: Characters of a heading, and of a cell.
LONGEST_HEADING, LONGEST_CELL = 100, 5_000


@STEPS.register
class AddSpreadsheetRowStep(Step):
    slug = "add_spreadsheet_row"
    label = gettext_lazy("Add a row to a spreadsheet")
    summary = gettext_lazy("Writes a line about the contact into a CSV file or a Google sheet.")
    family = "apps"
    icon = "table_rows"
    synonyms = (gettext_lazy("CSV"), gettext_lazy("Google Sheets"), gettext_lazy("Excel"), gettext_lazy("export"))

    spreadsheet = models.ForeignKey(
        Spreadsheet, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("spreadsheet")
    )
    # One column a line: “heading: text”, texts may be personalised.
    cells = models.TextField(blank=True)

    class Form(SettingsForm):
        spreadsheet = forms.ModelChoiceField(
            Spreadsheet.objects.all(), label=gettext_lazy("Spreadsheet"),
            help_text=gettext_lazy("Spreadsheets are added in the sidebar, under “Apps”."),
        )  # fmt: skip
        cells = forms.CharField(
            label=gettext_lazy("Columns"), max_length=10_000, widget=PersonalText(links=False),
            validators=[validate_template],
            help_text=gettext_lazy(
                "One a line, “heading: text”, like “E-mail: {{ contact.email }}”. A heading that the spreadsheet "
                "doesn't have yet is added."
            ),
        )  # fmt: skip

        def clean_cells(self) -> str:
            text: str = self.cleaned_data["cells"]
            columns = parse_lines(text)
            if len(columns) > COLUMNS:
                raise ValidationError(_("A row has at most %d columns.") % COLUMNS)
            for heading in columns:
                if "{" in heading or len(heading) > LONGEST_HEADING:
                    raise ValidationError(
                        _("“%(heading)s” is no heading: write a plain text of at most %(limit)d characters.")
                        % {"heading": heading[:60], "limit": LONGEST_HEADING}
                    )
            return text

    def run(self, run: StepRun) -> None:
        spreadsheet = Spreadsheet.objects.filter(pk=self.spreadsheet_id or 0).first()
        if spreadsheet is None:
            raise StepError(_("The spreadsheet does not exist any more."))
        backend = backend_of(spreadsheet)
        columns = parse_lines(self.cells)
        records = run.records(*columns.values())
        rows = [
            Row(
                visit,
                {
                    heading: personalise(
                        source,
                        run.contacts[visit.contact_id],
                        visit.event,
                        html=False,
                        records=records[visit.id],
                    )[:LONGEST_CELL]
                    for heading, source in columns.items()
                },
            )
            for visit in run.visits
        ]
        backend.add(spreadsheet, rows, run)
        for visit in run.visits:
            run.go(visit, outcome=Outcome.DONE if backend.keeps_rows else Outcome.QUEUED)

    def describe(self) -> str:
        if not self.spreadsheet_id:
            return _("Add a row to a spreadsheet (not chosen yet)")
        return _("Add a row to the spreadsheet “%s”") % name_of(Spreadsheet, self.spreadsheet_id)
