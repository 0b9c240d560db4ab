"""Reads of forms: their fields as a page shows them, and their submissions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.template.loader import render_to_string
from django.urls import reverse

from contacts.field_types import FIELD_TYPES
from contacts.links import absolute
from contacts.models import Contact, CustomField, Form

from .fields import contact_fields

STANDARD_TYPES = {"email": "email", "phone": "phone"}


@dataclass(slots=True)
class Question:
    """A field of a form. `input` is an <input>'s type, or textarea, select, radio, checkbox, checkboxes."""

    key: str
    label: str
    required: bool
    input: str
    multiple: bool = False
    options: Sequence[str] = field(default_factory=list)

    @property
    def height(self) -> int:
        """About what it takes on a page, in pixels."""
        if self.input in ("radio", "checkboxes"):
            return 50 + 58 * len(self.options)
        return {"hidden": 0, "textarea": 160, "checkbox": 70}.get(self.input, 92)


def questions(form: Form, custom: Mapping[str, CustomField] | None = None) -> list[Question]:
    """The form's fields in order, without custom ones deleted since. One query, unless `custom` is given."""
    custom = contact_fields() if custom is None else custom
    found = []
    for row in form.fields:
        key, label, required = row["field"], row["label"], row["required"]
        if known := custom.get(key):
            kind = known.kind
            options = known.options if kind.has_options else []
            found.append(Question(key, label or known.label, required, kind.input, kind.multiple, options))
        elif key in Contact.TRACKED:
            name = str(getattr(Contact._meta.get_field(key), "verbose_name", key))
            kind = FIELD_TYPES[STANDARD_TYPES.get(key, "text")]
            found.append(Question(key, label or name[:1].upper() + name[1:], required, kind.input))
    return found


def form_url(form: Form) -> str:
    return absolute(reverse("contacts:form", args=[form.token]))


def script_url(form: Form) -> str:
    return absolute(reverse("contacts:form_script", args=[form.token]))


def embed_code(form: Form) -> str:
    """Puts the form's page in a frame, where it stands."""
    return f'<script src="{script_url(form)}"></script>'


def html_code(form: Form, custom: Mapping[str, CustomField] | None = None) -> str:
    """The form as plain HTML, for pages that style it themselves. Later changes of the form don't reach it."""
    context = {"form": form, "address": form_url(form), "questions": questions(form, custom)}
    text = render_to_string("contacts/public/form_snippet.html", context)
    return "\n".join(line for line in text.splitlines() if line.strip())


def form_lists(form: Form) -> list[int]:
    return sorted(form.lists.values_list("pk", flat=True))
