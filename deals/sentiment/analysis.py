"""From the polarity of clauses to the mood of an e-mail. Pure functions."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from .clauses import clauses_of
from .english import English
from .french import French
from .language import language_of_text

#: A clause counts from here on; below it says nothing, as most of what is written about work.
STRONG = 0.3
#: From this share of the one on, the other is no mere side remark.
BALANCED = 0.4
#: Longer e-mails are judged by their beginning.
LONGEST = 6_000


class Mood(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class Reader(Protocol):
    """Reads one language (ISO 639-1)."""

    language: str

    def polarity(self, clause: str) -> float:
        """From -1, all bad, to 1, all good."""

    def knows(self, word: str) -> bool:
        """Whether a word in lower case says something good or bad in the language."""


READERS: dict[str, Reader] = {reader.language: reader for reader in (English(), French())}


def analyse(text: str, *, hint: str = "") -> Mood:
    """The mood of what somebody wrote (without quoted mails). `hint`: the language they are known to write,
    for a text too short to tell. UNKNOWN for a language that nobody here reads, and for no text."""
    clauses = clauses_of(text[:LONGEST])
    reader = READERS.get(language_of_text(" ".join(clauses) or text[:LONGEST], hint=hint))
    if reader is None:
        return Mood.UNKNOWN
    return _mood([reader.polarity(clause) for clause in clauses])


def _mood(polarities: Sequence[float]) -> Mood:
    good = sum(value for value in polarities if value >= STRONG)
    bad = -sum(value for value in polarities if value <= -STRONG)
    if not good and not bad:
        return Mood.NEUTRAL
    if min(good, bad) >= BALANCED * max(good, bad):
        return Mood.MIXED
    return Mood.POSITIVE if good > bad else Mood.NEGATIVE
