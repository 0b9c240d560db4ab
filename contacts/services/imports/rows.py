"""From a row of cells to a contact to be saved, or to what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.csv_safety import unguard_cell
from contacts.models import CustomField, ImportIssue, Tag
from contacts.services.contacts import ContactDraft
from contacts.services.fields import parse_standard
from contacts.values import fold_email

from .mapping import STANDARD, TAGS
from .options import ImportOptions
from .reading import UNDECODABLE, RawRow

# More different names than this in the tags column: it is the wrong column.
MAX_TAGS = 1_000
CACHED_VALUES = 50_000


@dataclass(slots=True)
class Issue:
    row: int
    column: str
    value: str
    message: str
    level: str = ImportIssue.Level.ERROR


@dataclass(slots=True)
class ParsedRow:
    number: int
    draft: ContactDraft
    tags: list[str] = field(default_factory=list)


class RowParser:
    """Parses rows by a mapping. Keeps values it has seen: most columns hold few different ones."""

    def __init__(
        self, *, headers: Sequence[str], mapping: Mapping[str, str],
        fields: Mapping[str, CustomField], options: ImportOptions,
    ) -> None:  # fmt: skip
        self.headers = headers
        self.options = options
        self.columns = [(n, header, mapping[header]) for n, header in enumerate(headers) if mapping[header]]
        self.email_column = next(n for n, _header, target in self.columns if target == "email")
        self.fields = fields
        self.owners = _owners() if "owner" in mapping.values() else {}
        self.known_tags = {tag.name.casefold() for tag in Tag.objects.all()} if TAGS in mapping.values() else set()
        self._new_tags: set[str] = set()
        self._seen: dict[tuple[str, str], Any] = {}

    def email_of(self, raw: RawRow) -> str:
        """The folded address, perhaps not quite valid; "" where the row has none or is broken."""
        if len(raw.cells) < len(self.headers) or raw.problem:
            return ""
        email = fold_email(unguard_cell(raw.cells[self.email_column]))
        return email if "@" in email else ""

    def parse(self, raw: RawRow) -> tuple[ParsedRow | None, list[Issue]]:
        """The contact (None if anything is wrong: half a row is not imported), and what is to be reported."""
        wrong = self._shape(raw)
        if wrong:
            return None, [Issue(raw.number, "", "", wrong)]
        row = ParsedRow(raw.number, ContactDraft(email=""))
        issues: list[Issue] = []
        for position, header, target in self.columns:
            cell = unguard_cell(raw.cells[position])
            try:
                self._take(row, target, cell, header, issues)
            except ValidationError as error:
                issues.append(Issue(raw.number, header, cell, " ".join(error.messages)))
        failed = any(issue.level == ImportIssue.Level.ERROR for issue in issues)
        return (None if failed else row), issues

    def _shape(self, raw: RawRow) -> str:
        if raw.problem:
            return raw.problem
        count, wanted = len(raw.cells), len(self.headers)
        if count == wanted or (count > wanted and not any(cell.strip() for cell in raw.cells[wanted:])):
            return ""
        return _("The row has %(count)d columns; the header has %(wanted)d.") % {
            "count": count,
            "wanted": wanted,
        }

    def _take(self, row: ParsedRow, target: str, cell: str, header: str, issues: list[Issue]) -> None:
        if UNDECODABLE in cell:
            raise ValidationError(_("Holds bytes that are not text in the file's encoding."))
        if "\0" in cell:
            raise ValidationError(_("Holds a NUL character."))
        if target == "email":
            if not cell.strip():
                raise ValidationError(_("The e-mail address is missing."))
            row.draft.email = parse_standard("email", cell)
        elif target == TAGS:
            row.tags += self._tags(row.number, cell, header, issues)
        elif cell.strip() or self.options.clear_empty:
            place = row.draft.standard if target in STANDARD else row.draft.custom
            place[target] = self._value(target, cell)

    def _value(self, target: str, cell: str) -> Any:
        key = (target, cell)
        if key not in self._seen:
            if len(self._seen) >= CACHED_VALUES:
                self._seen.clear()
            self._seen[key] = self._parse_value(target, cell)
        return self._seen[key]

    def _parse_value(self, target: str, cell: str) -> Any:
        if target in self.fields:
            custom = self.fields[target]
            return custom.kind.parse(cell, custom.options)
        if target != "owner":
            return parse_standard(target, cell)
        name = cell.strip().casefold()
        if name and name not in self.owners:
            raise ValidationError(_("There is no user “%s”.") % cell.strip()[:100])
        return self.owners[name] if name else None

    def _tags(self, number: int, cell: str, header: str, issues: list[Issue]) -> list[str]:
        names = split_tags(cell)
        for name in names:
            if len(name) > 100:
                raise ValidationError(_("The tag “%s…” is longer than 100 characters.") % name[:30])
        new = [name for name in names if name.casefold() not in self.known_tags]
        if new and not self.options.create_tags:
            issues += [
                Issue(number, header, name, _("There is no such tag; left out."), ImportIssue.Level.NOTICE)
                for name in new
            ]
            return [name for name in names if name not in new]
        self._new_tags |= {name.casefold() for name in new}
        if len(self._new_tags) > MAX_TAGS:
            raise ValidationError(_("The column holds more than %d new tags. Is it the right one?") % MAX_TAGS)
        return names


def split_tags(cell: str) -> list[str]:
    """Names between “|”; without any, between “;” or “,”."""
    parts = cell.split("|") if "|" in cell else cell.replace(";", ",").split(",")
    return list(dict.fromkeys(name for part in parts if (name := " ".join(part.split()))))


def _owners() -> dict[str, int]:
    """User ids by folded e-mail and user name; the user name wins."""
    users = list(get_user_model()._default_manager.filter(is_active=True).values_list("pk", "email", "username"))
    by_email = {email.casefold(): pk for pk, email, _name in users if email}
    return by_email | {name.casefold(): pk for pk, _email, name in users}
