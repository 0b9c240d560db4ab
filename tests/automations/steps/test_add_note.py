import pytest

from contacts.models import Note
from tests.automations.steps.conftest import details_of, refused, round_trip, sentence
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Called", "Called"),
        ("Hello {{ contact.first_name }}", "Hello Ada"),
        ("{{ contact.phone | default: 'no phone' }}", "no phone"),
        ("{{ contact.nonsense }}!", "!"),
        ("5 < 6 & {{ contact.last_name }}", "5 < 6 & O'Neil <b>"),
    ],
)
def test_writes(run_step, text, written):
    contact = ContactFactory(first_name="Ada", last_name="O'Neil <b>")
    assert run_step("add_note", {"text": text}, contact) == ["done"]
    note = Note.objects.get()
    assert (note.contact, note.text, note.author) == (contact, written, None)


def test_an_empty_result_writes_nothing(run_step):
    contact, other = ContactFactory(phone=""), ContactFactory(phone="+33612345678")
    assert run_step("add_note", {"text": " {{ contact.phone }} "}, contact, other) == ["nothing_to_do", "done"]
    assert Note.objects.get().contact == other
    assert details_of(contact) == ["the text came out empty"]
    assert details_of(other) == []


def test_a_text_that_fails_parks_with_the_reason(parked):
    error = parked("add_note", {"text": "{{ contact.first_name | divided_by: 0 }}"}, ContactFactory())
    assert error.startswith("The personalisation failed: ")
    assert not Note.objects.exists()


def test_queries_do_not_grow(queries_for):
    settings = {"text": "{{ contact.email }}"}
    assert queries_for(2, "add_note", settings) == queries_for(100, "add_note", settings)


def test_bad_settings():
    assert refused("add_note", {}) == {"text": ["This field is required."]}
    assert refused("add_note", {"text": "   "}) == {"text": ["This field is required."]}
    (message,) = refused("add_note", {"text": "{{ contact.first_name"})["text"]
    assert message.startswith("The personalisation doesn't parse: ")
    assert "text" in refused("add_note", {"text": "x" * 10_001})


def test_settings_and_sentences():
    assert round_trip("add_note", {"text": "Called\ntwice"}) == {"text": "Called\ntwice"}
    assert sentence("add_note", {"text": "Called"}) == "Add the note “Called”"
    assert len(sentence("add_note", {"text": "long " * 100})) < 90
    assert sentence("add_note") == "Add a note (empty so far)"
