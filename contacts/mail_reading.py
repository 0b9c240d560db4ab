"""What a mail that came in says: its text, and which mails it answers."""

from collections.abc import Iterator
from email.message import Message

MAX_REFERENCES = 20


def references(message: Message) -> Iterator[str]:
    """The nearest first."""
    answered = str(message.get("In-Reply-To") or "").split()
    named = str(message.get("References") or "").split()[::-1]
    yield from [one for one in [*answered, *named] if one.startswith("<")][:MAX_REFERENCES]


def text_of(message: Message) -> str:
    """What the person wrote: without what is quoted where the provider has told it apart; HTML only as text."""
    stripped = getattr(message, "stripped_text", None)
    if stripped and str(stripped).strip():
        return _storable(str(stripped)).strip()
    for wanted in ("text/plain", "text/html"):
        for part in message.walk():
            if part.get_content_type() == wanted and part.get_content_disposition() != "attachment":
                text = _decoded(part)
                return (text if wanted == "text/plain" else _as_text(text)).strip()
    return ""


def _decoded(part: Message) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    try:
        return _storable(raw.decode(part.get_content_charset() or "utf-8", "replace"))
    except LookupError:  # a character set that nobody knows
        return _storable(raw.decode("utf-8", "replace"))


def _as_text(html: str) -> str:
    import html2text

    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_images = True
    return reader.handle(html[:200_000])


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def clean(text: str) -> str:
    return " ".join(_storable(text).split())
