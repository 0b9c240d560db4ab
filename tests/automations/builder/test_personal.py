"""What a text can name stands under it, where it is written."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from automations.delivery.own_links import preview_links
from automations.delivery.rendering import personalise
from automations.models import Step
from automations.personal import PersonalText, share_bar
from contacts.models import Score
from contacts.networks import NETWORKS
from tests.factories import ContactFactory, CustomFieldFactory

pytestmark = pytest.mark.django_db


def test_it_lists_names_of_contacts_fields_scores_and_links() -> None:
    shown = PersonalText().render("html", "")
    assert (
        "{{ contact.first_name }}" in shown and "contact.scores." not in shown and "contact.fields." not in shown
    )
    CustomFieldFactory(key="size")
    Score.objects.create(name="Interest", key="interest")
    shown = PersonalText().render("html", "")
    links = ["web_version", "forward", "unsubscribe", "preferences", *(f"share_{slug}" for slug in NETWORKS)]
    for name in ("contact.fields.size", "contact.scores.interest", *(f"links.{name}" for name in links)):
        assert f"<code>{{{{ {name} }}}}</code>" in shown, name
    assert share_bar() in unescape(shown) and share_bar() not in shown, "it is shown, not drawn"
    assert set(links) == set(preview_links()), "a new link of e-mails must be listed"
    assert "links." not in PersonalText(links=False).render("text", "")


def test_the_share_bar_leads_somewhere() -> None:
    html = personalise(share_bar(), ContactFactory(), {}, html=True, links=preview_links())
    assert html.count('href="http') == 5 and "{" not in html


@pytest.mark.parametrize(("kind", "links"), [("send_email", True), ("add_note", False), ("notify", False)])
def test_the_builder_shows_it(
    page: Client, url: Callable[..., str], step: Callable[..., Step], kind: str, links: bool
) -> None:
    made: Any = step(kind)
    html = page.get(url("build", "steps", made.key)).content.decode()
    assert "{{ contact.owner.name }}" in html and ("{{ links.forward }}" in html) == links
