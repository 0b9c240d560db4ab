"""What somebody wrote themselves in an answer, without the mails that their program put below it."""

import re

#: What mail programs write above a quoted mail, in English and French. Gmail breaks the line at times.
INTRODUCTION = re.compile(
    r"^\s*>?\s*(?:"
    r"on\b.{5,200}\bwrote\s*:"
    r"|le\b.{5,200}\ba\s+écrit\s*:"
    r"|-{2,}\s*(?:original message|forwarded message|message d[’']origine|message transféré)\s*-{2,}"
    r"|_{10,}"
    r")\s*$",
    re.IGNORECASE | re.DOTALL,
)
#: Outlook quotes with the head of the mail: “From: … Sent: …”.
HEAD = re.compile(r"^\s*\*?(from|de)\s*:\*?\s*\S", re.IGNORECASE)
SENT = re.compile(r"^\s*\*?(sent|date|envoyé|to|à)\s*:", re.IGNORECASE)
SIGNATURE = re.compile(r"^-- ?$")
FROM_PHONE = re.compile(r"^\s*(sent from my|get outlook for|envoyé de(puis)? mon|envoyé depuis)\b", re.IGNORECASE)


def without_quote(text: str) -> str:
    """The text above the first quoted mail and the signature; all of it where nothing else would be left."""
    lines = text.splitlines()
    own = lines[: _end(lines)]
    kept = [line for line in own if not line.lstrip().startswith(">")]
    return "\n".join(kept).strip() or text.strip()


def _end(lines: list[str]) -> int:
    for number, line in enumerate(lines):
        if SIGNATURE.match(line) or FROM_PHONE.match(line):
            return number
        if any(INTRODUCTION.match("\n".join(lines[number : number + size])) for size in (1, 2, 3)):
            return number
        if HEAD.match(line) and any(SENT.match(after) for after in lines[number + 1 : number + 4]):
            return number
    return len(lines)
