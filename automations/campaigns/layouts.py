"""Built-in e-mails to start from, in the user's language. Their HTML is made for mail programs: tables, inline."""

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Layout:
    slug: str
    label: Any
    about: Any

    def html(self) -> str:
        return render_to_string(f"automations/email/layouts/{self.slug}.html").strip() + "\n"


LAYOUTS = {
    layout.slug: layout
    for layout in (
        Layout("letter", _("Letter"), _("Plain words from one person to another.")),
        Layout("announcement", _("Announcement"), _("One piece of news and one button.")),
        Layout("newsletter", _("Newsletter"), _("A few stories, each with its link.")),
        Layout("offer", _("Offer"), _("A headline, a code and a deadline.")),
    )
}
