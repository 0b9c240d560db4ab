"""Cuts an e-mail into clauses, without what politeness puts into every e-mail."""

import re

GREETING = re.compile(
    r"^\s*(hi|hello|hey|dear|good (morning|afternoon|evening)|bonjour|bonsoir|salut|cher|chère|madame|monsieur)\b"
    r"[^.!?\n]{0,40}[,!.]?\s*$",
    re.IGNORECASE,
)
#: From here on it is a signature.
CLOSING = re.compile(
    r"^\s*((best|kind|warm|many)\s+(regards|wishes|thanks)|regards|cheers|sincerely|yours\b.*|best|all the best"
    r"|thanks|thank you|thanks (in advance|again)|many thanks|talk soon|(bien )?cordialement|cdlt|sincèrement"
    r"|bien à (vous|toi)|merci|merci (d[’']avance|beaucoup|par avance)|salutations.*|sentiments .*"
    r"|bonne (journée|soirée|fin de journée)|à bientôt|amicalement|respectueusement)\s*[,.!]*\s*$",
    re.IGNORECASE,
)
POLITE = re.compile(
    r"\b(?:i hope (?:you(?:'re| are)|this (?:e-?mail|mail)|all is)[^.!?\n]*[.!?\n]?"
    r"|thank(?:s| you)(?: (?:very|so) much)? for (?:your|the|getting|reaching)[^.!?,;\n]*"
    r"|(?:please )?feel free to|kind(?:ly)? (?=let|send|confirm)|best regards|kind regards|please"
    r"|j[’']espère que (?:vous|tu|tout)[^.!?\n]*[.!?\n]?"
    r"|merci (?:beaucoup )?(?:pour|de|d[’'])\s?(?:votre|ton|l[’']|la|le|bien vouloir|nous|me)[^.!?,;\n]*"
    r"|s[’']il vous plaît|s[’']il te plaît|svp|merci d[’']avance)",
    re.IGNORECASE,
)
ENDS = re.compile(r"(?<=[.!?…])\s+|\n\s*\n|\n(?=\s*[-•*])|\n")
TURNS = re.compile(
    r"[,;]?\s+(?=(?:but|however|although|though|yet|mais|cependant|toutefois|néanmoins|pourtant)\b"
    r"|par contre\b|en revanche\b|malheureusement\b|unfortunately\b|malgré\b|despite\b|bien que\b)",
    re.IGNORECASE,
)
URL = re.compile(r"https?://\S+|\S+@\S+\.\S+")
WORD = re.compile(r"\w", re.UNICODE)


def clauses_of(text: str) -> list[str]:
    """None where it is politeness alone."""
    kept: list[str] = []
    for line in text.replace("\r", "").replace("’", "'").splitlines():
        if CLOSING.match(line) and any(WORD.search(above) for above in kept):
            break
        kept.append("" if GREETING.match(line) else line)
    body = POLITE.sub(" ", URL.sub(" ", _joined(kept)))
    parts = [clause for sentence in ENDS.split(body) for clause in TURNS.split(sentence)]
    return [" ".join(part.split()) for part in parts if WORD.search(part)]


def _joined(lines: list[str]) -> str:
    """Lines that a mail program broke are one again: a line that ends without a full stop goes on."""
    joined = ""
    for line in lines:
        broken = (
            len(line) > 0
            and joined
            and not joined.endswith("\n")
            and not joined.rstrip().endswith((".", "!", "?", ":"))
        )
        if line.strip():
            joined += (" " if broken else "\n" if joined and not joined.endswith("\n") else "") + line.strip()
        else:
            joined += "\n"
    return joined
