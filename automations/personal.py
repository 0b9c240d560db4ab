"""Controls for personalised texts: under them stands what a text may name, ready to copy."""

from collections.abc import Iterator

from django import forms
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from automations.names import remembered
from automations.records import RECORDS
from contacts.models import CustomField, Score
from contacts.networks import NETWORKS

STANDARD = ("first_name", "last_name", "name", "email", "phone", "language", "owner.name")
LIMIT = 100
#: Networks of the share bar; the others can be put in their place.
BAR = ("facebook", "linkedin", "whatsapp")

Group = tuple[str, list[str]]


class PersonalText(forms.Textarea):
    """A text area with the names that a text can use. `links` adds those that only an e-mail has."""

    def __init__(self, attrs: dict[str, str | int] | None = None, *, links: bool = True) -> None:
        super().__init__(attrs)
        self.links = links

    def render(self, name: str, value: object, attrs: object = None, renderer: object = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)  # type: ignore[arg-type]  # Django's, handed on
        groups = remembered("personal names", lambda: list(_of_contacts()))
        given = {
            "groups": [*groups, *(_of_links() if self.links else ())],
            "share_bar": share_bar() if self.links else "",
        }
        return format_html("{}{}", field, render_to_string("automations/forms/names.html", given))


def share_bar() -> str:
    """HTML to paste into an e-mail; Pinterest and the others are in the list of names."""
    shares = [(f"links.share_{slug}", NETWORKS[slug].label) for slug in BAR]
    others = [("links.forward", _("Tell a friend")), ("links.web_version", _("View in browser"))]
    parts = [f'<a href="{_tag(name)}">{label}</a>' for name, label in (*shares, *others)]
    return "<p>" + " · ".join(parts) + "</p>"


def _of_contacts() -> Iterator[Group]:
    yield _("Contact"), [_tag(f"contact.{name}") for name in STANDARD]
    keys = (
        CustomField.objects.filter(entity="contact")
        .order_by("position", "pk")
        .values_list("key", flat=True)[:LIMIT]
    )
    yield _("Fields"), [_tag(f"contact.fields.{key}") for key in keys]
    scores = Score.of("contact").order_by("pk").values_list("key", flat=True)[:LIMIT]
    yield _("Scores"), [_tag(f"contact.scores.{key}") for key in scores]
    for kind in RECORDS:
        yield str(kind.label), [_tag(f"{kind.name}.{name}") for name in kind.names()[:LIMIT]]


def _of_links() -> Iterator[Group]:
    names = ("unsubscribe", "preferences", "web_version", "forward", *(f"share_{slug}" for slug in NETWORKS))
    yield _("Links"), [_tag(f"links.{name}") for name in names]


def _tag(name: str) -> str:
    return "{{ " + name + " }}"
