"""How well moods are read, on e-mails with the mood that a person reads in them; and what is not read at all."""

from collections import Counter

import pytest

from deals.quoted import without_quote
from deals.sentiment import READERS, Mood, analyse, language_of_text
from deals.sentiment.clauses import clauses_of
from tests.deals.sentiment_samples import ENGLISH, FRENCH, HELD_OUT, UNREAD


def hits(samples):
    return sum(analyse(text) == mood for mood, text in samples) / len(samples)


@pytest.mark.parametrize(
    # What docs/sentiment.md says. The held-out ones were written when the lexicons were finished.
    ("samples", "at_least"), [(ENGLISH, 0.95), (FRENCH, 0.95), (HELD_OUT, 0.75)],
)  # fmt: skip
def test_quality(samples, at_least):
    assert hits(samples) >= at_least, [(mood, analyse(text), text) for mood, text in samples]


def test_good_is_never_taken_for_bad():
    turned = {("positive", "negative"), ("negative", "positive")}
    wrong = [text for mood, text in (*ENGLISH, *FRENCH, *HELD_OUT) if (mood, str(analyse(text))) in turned]
    assert not wrong


def test_the_samples_have_every_mood():
    for samples in (ENGLISH, FRENCH, HELD_OUT):
        assert min(Counter(mood for mood, _text in samples)[mood] for mood in Mood if mood != Mood.UNKNOWN) >= 4


@pytest.mark.parametrize("text", UNREAD)
def test_what_it_can_not_read_is_unknown(text):
    assert analyse(text) == Mood.UNKNOWN


LANGUAGES = [
    ("We would like to see the contract.", "", "en"),
    ("Nous aimerions voir le contrat.", "", "fr"),
    ("Parfait !", "", "fr"),
    ("Awesome!", "", "en"),
    ("Hmm", "fr", "fr"),
    ("Ok für mich", "", "de"),
    ("Das ist sehr gut, wir nehmen es.", "en", "de"),
]


@pytest.mark.parametrize(("text", "hint", "language"), LANGUAGES)
def test_the_language_is_told_by_its_small_words(text, hint, language):
    assert language_of_text(text, hint=hint) == language


NEAR = [
    # One word makes the difference.
    ("The support was good.", "The support was not good."),
    ("Ce produit est satisfaisant.", "Ce produit n'est pas satisfaisant."),
    ("C'est sans problème pour nous.", "C'est un problème pour nous."),
    ("Nous avons un bon contact.", "Nous avons un mauvais contact."),
]


@pytest.mark.parametrize(("good", "bad"), NEAR)
def test_negation_turns_the_mood(good, bad):
    def polarity(text):
        return READERS[language_of_text(text)].polarity(text)

    assert polarity(good) > 0 > polarity(bad)


def test_politeness_is_no_mood():
    for text in (
        "Dear Sue,\n\nthank you for your e-mail. I hope you are well.\n\nKind regards\nAnn",
        "Bonjour Sue,\n\nmerci pour votre message. J'espère que vous allez bien.\n\nBien cordialement,\nAnn",
    ):
        assert analyse(text) == Mood.NEUTRAL


def test_the_signature_does_not_count():
    text = "The date is fine by the team.\n\nBest regards,\nAnn\nTerrible Horrors Ltd, awful street 5"
    assert not any("Terrible" in clause for clause in clauses_of(text))


QUOTED = [
    ("Yes.\n\nOn Mon, 3 Mar 2026, Sue <sue@example.com> wrote:\n> Hello", "Yes."),
    ("Yes.\n\nOn Mon, 3 Mar 2026 at 10:00, Sue Seller\n<sue@example.com> wrote:\n> Hello", "Yes."),
    ("Oui.\n\nLe lun. 3 mars 2026 à 10:00, Sue <sue@example.com> a écrit :\n> Bonjour", "Oui."),
    ("Yes.\n\n-----Original Message-----\nFrom: Sue\nHello", "Yes."),
    ("Yes.\n\n________________________________\nFrom: Sue\nSent: Monday\nHello", "Yes."),
    ("Oui.\n\nDe : Sue\nEnvoyé : lundi\nBonjour", "Oui."),
    ("Yes.\n\nSent from my iPhone", "Yes."),
    ("Yes.\n-- \nAnn", "Yes."),
    ("> Hello\n\nYes.", "Yes."),
    ("On Monday we wrote to you, and nobody answered.", "On Monday we wrote to you, and nobody answered."),
    ("From: the whole team, thank you!", "From: the whole team, thank you!"),
    ("> only quoted", "> only quoted"),
]


@pytest.mark.parametrize(("text", "own"), QUOTED)
def test_what_is_quoted_is_left_out(text, own):
    assert without_quote(text) == own


@pytest.mark.parametrize("text", ["a " * 200_000, "\n" * 100_000, "ne " * 50_000 + "pas", "!" * 100_000])
def test_hostile_lengths_take_no_time(text):
    analyse(without_quote(text[:50_000]))
