"""Which column goes into which field."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import CustomField
from contacts.selectors.fields import contact_fields

STANDARD: dict[str, Any] = {
    "email": gettext_lazy("E-mail"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "phone": gettext_lazy("Phone"),
    "owner": gettext_lazy("Owner (e-mail or user name)"),
    "time_zone": gettext_lazy("Time zone"),
    "language": gettext_lazy("Language"),
}
TAGS = "tags"

# Folded as `_fold` does: no accents, case, blanks or punctuation. English and French.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "email": (
        "email", "emailaddress", "mail", "mailaddress", "courriel", "adresseemail", "adressemail",
        "adresseelectronique", "adressecourriel", "contactemail",
    ),
    "first_name": ("firstname", "first", "givenname", "forename", "prenom"),
    "last_name": ("lastname", "last", "surname", "familyname", "nom", "nomdefamille"),
    "phone": (
        "phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "cell", "cellphone",
        "portable", "telephoneportable", "numerodetelephone",
    ),
    "owner": ("owner", "contactowner", "proprietaire", "responsable"),
    "time_zone": ("timezone", "tz", "fuseauhoraire", "fuseau"),
    "language": ("language", "lang", "locale", "langue"),
    TAGS: ("tags", "tag", "labels", "etiquettes", "etiquette", "libelles"),
}  # fmt: skip


def import_targets(fields: Mapping[str, CustomField] | None = None) -> dict[str, str]:
    """What a column can go into: target -> label. Left out: the empty target."""
    known = contact_fields() if fields is None else fields
    return {
        **{name: str(label) for name, label in STANDARD.items()},
        TAGS: _("Tags"),
        **{key: field.label for key, field in known.items()},
    }


def propose_mapping(headers: Sequence[str], fields: Mapping[str, CustomField] | None = None) -> dict[str, str]:
    """A target for each header that is understood, "" for the others; each target once."""
    known = contact_fields() if fields is None else fields
    names = {word: target for target, words in SYNONYMS.items() for word in words}
    for key, field in known.items():
        names.setdefault(_fold(field.label), key)
        names.setdefault(_fold(key), key)
    mapping: dict[str, str] = {}
    for header in headers:
        target = names.get(_fold(header), "")
        mapping[header] = "" if target in mapping.values() else target
    return mapping


def check_mapping(
    *, headers: Sequence[str], mapping: Mapping[str, str], fields: Mapping[str, CustomField]
) -> dict[str, str]:
    """The mapping by header, complete; ValidationError where it can't be used."""
    targets = import_targets(fields)
    if not isinstance(mapping, Mapping) or not all(isinstance(value, str) for value in mapping.values()):
        raise ValidationError(_("Give the columns as pairs of header and field."), code="mapping")
    for header, target in mapping.items():
        if header not in headers:
            raise ValidationError(_("The file has no column “%s”.") % header[:100], code="mapping")
        if target and target not in targets:
            raise ValidationError(
                _("Column “%(header)s”: there is no field “%(target)s”.")
                % {"header": header, "target": target[:60]},
                code="mapping",
            )
    used = [target for target in mapping.values() if target and target != TAGS]
    double = next((target for target in used if used.count(target) > 1), None)
    if double:
        raise ValidationError(_("Two columns go into “%s”; choose one of them.") % targets[double], code="mapping")
    if "email" not in used:
        raise ValidationError(_("Choose the column that holds the e-mail address."), code="mapping")
    return {header: mapping.get(header, "") for header in headers}


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(
        character for character in plain if character.isalnum() and not unicodedata.combining(character)
    )
