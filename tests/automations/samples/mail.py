"""Samples of the types about personal e-mails."""

from automations.models import Automation
from tests.deals.mailboxes import mailbox_without_servers

from . import STEPS, TRIGGERS, Sample, Settings, fixed

LETTER = {"name": "Follow-up", "subject": "Hello {{ contact.first_name }}", "body": "How are you?"}


def from_a_mailbox(automation: Automation) -> Settings:
    return {**LETTER, "sender": "mailbox", "mailbox": mailbox_without_servers().pk}


STEPS["send_personal_email"] = Sample(
    from_a_mailbox,
    (
        ({**LETTER, "name": ""}, "name"),
        ({**LETTER, "subject": ""}, "subject"),
        ({**LETTER, "body": "{{ contact.first_name"}, "body"),
        ({**LETTER, "sender": "mailbox", "mailbox": None}, "mailbox"),
        ({**LETTER, "sender": "mailbox", "mailbox": 999_999}, "mailbox"),
        ({**LETTER, "sender": "robot"}, "sender"),
    ),
)
TRIGGERS["file_downloaded"] = Sample(
    fixed(name_is="not_contains", name="draft", date_is="after", day="2026-11-01", who="record"),
    (
        ({"name_is": "is", "name": ""}, "name"),
        ({"name_is": "like", "name": "x"}, "name_is"),
        ({"name_is": "is", "name": "x" * 201}, "name"),
        ({"date_is": "on", "day": None}, "day"),
        ({"date_is": "on", "day": "2026-02-30"}, "day"),
        ({"date_is": "about"}, "date_is"),
        ({"who": "everybody"}, "who"),
    ),
)
TRIGGERS["sentiment_changed"] = Sample(
    fixed(old="positive", new="negative"),
    (
        ({"old": "angry"}, "old"),
        ({"new": "none"}, "new"),
        ({"old": "mixed", "new": "mixed"}, "new"),
    ),
)
