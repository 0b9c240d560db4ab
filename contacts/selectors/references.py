"""Records named by a request; what is unknown is named in the error."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.bulk import id_set
from contacts.models import Contact, List, Tag
from contacts.quotes import quoted


def contacts_by_reference(*, ids: Sequence[int], emails: Sequence[str]) -> list[int]:
    """The ids of contacts named by id or folded address; ValidationError naming the first unknown ones."""
    found = set(Contact.objects.filter(pk__in=id_set(ids)).values_list("pk", flat=True)) if ids else set()
    known: dict[str, int] = {}
    for start in range(0, len(emails), 1_000):
        part = Contact.objects.filter(email__in=emails[start : start + 1_000])
        known |= dict(part.values_list("email", "pk"))
    errors = {
        "ids": sorted(set(ids) - found),
        "emails": sorted(set(emails) - set(known)),
    }
    if any(errors.values()):
        raise ValidationError(
            {name: _unknown(missing) for name, missing in errors.items() if missing}  # type: ignore[arg-type]  # Django takes errors by field
        )
    return sorted({*found, *known.values()})


def _unknown(missing: Sequence[Any]) -> ValidationError:
    named = ", ".join(str(item) for item in missing[:20])
    more = _(" and %d more") % (len(missing) - 20) if len(missing) > 20 else ""
    return ValidationError(_("There is no contact %s.") % (named + more), code="does_not_exist")


def lists_by_id(ids: Sequence[int], *, label: str) -> list[List]:
    """Lists in the order of their ids; ValidationError at `label` naming the unknown ones."""
    found = {item.pk: item for item in List.objects.filter(pk__in=set(ids)).order_by("pk")}
    missing = sorted(set(ids) - set(found))
    if missing:
        named = ", ".join(map(str, missing))
        raise ValidationError({label: ValidationError(_("There is no list %s.") % named, code="does_not_exist")})
    return [*found.values()]


def tags_by_name(names: Sequence[str], *, label: str) -> list[Tag]:
    """Tags by name in any case; ValidationError at `label` naming the unknown ones."""
    if not names:
        return []
    known = {tag.name.casefold(): tag for tag in Tag.objects.order_by("pk")}
    missing = sorted({name for name in names if name.strip().casefold() not in known})
    if missing:
        named = ", ".join(quoted(name) for name in missing)
        raise ValidationError({label: ValidationError(_("There is no tag %s.") % named, code="does_not_exist")})
    return [known[folded] for folded in sorted({name.strip().casefold() for name in names})]
