"""Which mails no person wrote (RFC 3834): out-of-office answers, notices, mailing lists' copies."""

import re
from email.message import Message

PRECEDENCE = ("bulk", "auto_reply", "junk", "list")
#: Headers of programs that don't follow the RFC; any value counts, but “no”.
MARKS = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-From", "X-AutoReply-From", "Auto-Response")
#: The last resort: a subject as the usual programs write it, in English and French.
SUBJECT = re.compile(
    r"^\W*(re\s*:\s*)?(auto(matic)?[ -]?(reply|response|answer)|automatic reply|out of (the )?office"
    r"|on (annual )?leave|r[ée]ponse automatique|absence du bureau|absen(t|ce)\b.{0,20}\bbureau"
    r"|message d[’']absence|en congés?\b|(absent|absente)\b.{0,40}\bjusqu)",
    re.IGNORECASE,
)


def is_automatic(message: Message) -> bool:
    submitted = _word(message, "Auto-Submitted")
    if submitted and submitted != "no":
        return True
    if _word(message, "Precedence") in PRECEDENCE:
        return True
    if any(_word(message, name) not in ("", "no") for name in MARKS):
        return True
    return _no_sender(message) or bool(SUBJECT.match(str(message.get("Subject") or "").strip()))


def _word(message: Message, name: str) -> str:
    return str(message.get(name) or "").partition(";")[0].strip().lower()


def _no_sender(message: Message) -> bool:
    """An empty return path: nobody is to answer it. Providers that don't say give None."""
    path = message.get("Return-Path")
    if path is not None and str(path).strip() in ("", "<>"):
        return True
    sender = str(message.get("From") or "").lower()
    return getattr(message, "envelope_sender", None) == "" or "mailer-daemon@" in sender
