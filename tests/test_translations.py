"""The French catalogue has every text of the sources, and the pages, the API and the admin speak French."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings as project
from django.test import Client
from django.urls import reverse
from django.utils.translation.template import templatize

from automations.services import add_step, add_trigger, save_automation
from contacts.links import make_token
from contacts.services import subscribe_contacts
from tests.factories import ContactFactory, ListFactory, TagFactory

CATALOGUE = Path(project.BASE_DIR) / "templates/locale/fr/LC_MESSAGES/django.po"
APPS = ("automations", "config", "contacts", "deals", "ecommerce")
# Where a call of each function holds the singular, the plural and the context.
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
# What must be the same in a text and its translation: values, personalisation, markup, addresses.
PIECES = re.compile(r"%(?:\(\w+\))?[sd%]|\{\{.*?\}\}|</?\w[^>]*>|&\w+;|https?://[\w.]*|\{“.*?\}")
FRENCH = {"HTTP_ACCEPT_LANGUAGE": "fr"}

Key = tuple[str | None, str | tuple[str, ...]]


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _in_python(source: bytes) -> Iterator[Key]:
    for _line, text, _comments, context in extract("python", io.BytesIO(source), keywords=KEYWORDS):
        yield context, text


def _in_the_sources() -> set[Key]:
    root = Path(project.BASE_DIR)
    found: set[Key] = set()
    for app in APPS:
        for path in (root / app).rglob("*.py"):
            found.update(_in_python(path.read_bytes()))
    for path in (root / "templates").rglob("*"):
        if path.suffix in (".html", ".txt"):
            found.update(_in_python(templatize(path.read_text(encoding="utf-8")).encode()))
    return found


# --- The catalogue -----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_catalogue_has_the_texts_of_the_sources_and_no_others(catalogue):
    known = {(message.context, message.id) for message in _messages(catalogue)}
    sources = _in_the_sources()

    assert sources - known == set(), "run `make messages` and translate what is new"
    assert known - sources == set(), "run `make messages`"
    assert not catalogue.obsolete


def test_every_text_is_translated_in_all_its_plural_forms(catalogue):
    assert len(_messages(catalogue)) > 1000
    assert catalogue.num_plurals == 2
    unfinished = [
        message.id
        for message in _messages(catalogue)
        if message.fuzzy
        or len(_texts(message.string)) != len(_texts(message.id))
        or not all(_texts(message.string))
    ]
    assert unfinished == []


def test_values_and_markup_are_those_of_the_source(catalogue):
    different = [
        (source, french)
        for message in _messages(catalogue)
        for source, french in zip(_texts(message.id), _texts(message.string), strict=True)
        if sorted(PIECES.findall(source)) != sorted(PIECES.findall(french))
        and not source.startswith("a group is {")  # holds the word “or” between its keys
    ]
    assert different == []
    assert [list(message.check(catalogue)) for message in _messages(catalogue) if message.check(catalogue)] == []


def test_typography_is_french(catalogue):
    """No-break spaces inside quotes and before double punctuation, no typewriter apostrophes."""
    wrong = [
        french
        for message in _messages(catalogue)
        for french in _texts(message.string)
        if re.search(r"« | »| [;?!](?:\s|$)| :(?:\s|$)|\w'\w", french)
    ]
    assert wrong == []


# --- What people see ---------------------------------------------------------------------------


@pytest.fixture
def _compiled(catalogue: Catalog, settings: Any, tmp_path: Path) -> None:
    """The catalogue as it is in the sources, not one that was built before."""
    target = tmp_path / "fr" / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, catalogue)
    settings.LOCALE_PATHS = [tmp_path]


@pytest.fixture
def page(client: Client, admin_user: Any) -> Client:
    client.force_login(admin_user)
    return client


def _text(response: Any) -> str:
    assert response["Content-Language"] == "fr"
    return response.content.decode().replace("\u202f", " ").replace("\xa0", " ")


def _has(response: Any, *words: str) -> None:
    text = _text(response)
    assert [word for word in words if word not in text] == []


@pytest.fixture
def automation(db: None) -> Any:
    automation = save_automation(values={"name": "Bienvenue"})
    add_trigger(automation=automation, type="tag_added", settings={"tags": [TagFactory(name="Début").pk]})
    add_step(automation=automation, type="wait", settings={"mode": "period", "amount": 3, "unit": "days"})
    return automation


@pytest.mark.usefixtures("_compiled")
class TestPages:
    def test_the_list_of_automations(self, page, automation):
        _has(page.get(reverse("builder:list"), **FRENCH), "Chercher une automatisation", "Brouillon")

    def test_the_builder(self, page, automation):
        response = page.get(reverse("builder:page", args=[automation.pk]), **FRENCH)
        _has(response, "Publier", "Attendre 3 jours", "L’étiquette « Début » est ajoutée", "Statistiques")
        assert "Wait 3 days" not in _text(response)

    def test_the_texts_that_scripts_show(self, page, automation):
        response = page.get(reverse("builder:page", args=[automation.pk]), **FRENCH)
        _has(response, "Toutes les modifications sont enregistrées", "Le serveur est injoignable")

    def test_the_admin_s_contacts(self, page):
        response = page.get(reverse("admin:contacts_contact_changelist"), **FRENCH)
        _has(response, "Rechercher par adresse e-mail ou nom", "Par liste", "Automatisations")

    def test_the_same_page_in_english(self, page):
        response = page.get(reverse("admin:contacts_contact_changelist"), HTTP_ACCEPT_LANGUAGE="en")
        assert response["Content-Language"] == "en"
        assert "By list" in response.content.decode()

    @pytest.mark.django_db
    def test_the_page_of_an_unsubscribe_link(self, client):
        ann, news = ContactFactory(), ListFactory(name="Nouvelles")
        subscribe_contacts(contacts=ann, list=news)
        response = client.get(
            reverse("contacts:unsubscribe", args=[make_token(ann, "unsubscribe", [news.pk])]), **FRENCH
        )
        _has(response, "Se désabonner ?", "ne recevra plus d’e-mails de :", "Nouvelles")


@pytest.mark.usefixtures("_compiled")
class TestErrors:
    def test_of_a_form_in_the_admin(self, page):
        TagFactory(name="Client")
        response = page.post(reverse("admin:contacts_tag_add"), {"name": "client"}, **FRENCH)
        _has(response, "Une étiquette de ce nom existe déjà.")

    def test_of_the_api_s_own(self, api_client, admin_user):
        response = api_client(admin_user).post("/api/v1/contacts/", {"email": "nobody"}, format="json", **FRENCH)
        assert response.status_code == 400
        _has(response, "« nobody » n’est pas une adresse e-mail.")

    def test_of_the_framework(self, api_client):
        response = api_client(None).get("/api/v1/contacts/", **FRENCH)
        assert response.status_code == 401
        _has(response, "Informations d'authentification non fournies.")

    def test_an_unknown_record(self, api_client, admin_user):
        response = api_client(admin_user).get("/api/v1/contacts/0/", **FRENCH)
        assert response.status_code == 404
        _has(response, "Cet enregistrement n’existe pas.")
