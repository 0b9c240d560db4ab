"""The demo's forms, and what visitors send with them."""

import random
from collections.abc import Mapping, Sequence

from contacts.models import Contact, Form, List, Tag
from contacts.services import confirm_submission, save_form, submit_form
from contacts.services.confirmations import send_due_confirmations
from contacts.services.notices import send_due_notices

SIGN_UP, CALL = "Newsletter sign-up", "Ask for a call"
INTERESTS = ("Design", "Sales", "Support", "Development")


def make_forms(lists: Mapping[str, List], tags: Mapping[str, Tag]) -> None:
    sign_up = {
        "name": SIGN_UP,
        "title": "Ideas for your marketing, twice a month",
        "description": "Short, useful, never more than two e-mails a month. You can leave with one click.",
        "button": "Sign me up",
        "thank_you": "You are on the list. The next letter is already being written.",
        "fields": [
            {"field": "email", "label": "Your e-mail address", "required": True},
            {"field": "first_name", "label": "", "required": False},
            {"field": "interests", "label": "What interests you?", "required": False},
        ],
    }
    save_form(form=Form(), values=sign_up, lists=[lists["Newsletter"]], tags=[tags["Lead"]])
    call = {
        "name": CALL,
        "description": "Leave your address, and we call you back within one working day.",
        "thank_you": "We will call you within one working day.",
        "double_opt_in": False,
        "notify_submitted": "sales@example.com",
        "fields": [
            {"field": "first_name", "label": "", "required": True},
            {"field": "email", "label": "", "required": True},
            {"field": "phone", "label": "", "required": False},
            {"field": "website", "label": "Your site", "required": False},
        ],
    }
    save_form(form=Form(), values=call, tags=[tags["Needs a call"]])


def forms_of_a_day(pick: random.Random, ids: Sequence[int]) -> None:
    """Of those who sign up some confirm; the others still have the e-mail to open."""
    sign_up, call = Form.objects.get(name=SIGN_UP), Form.objects.get(name=CALL)
    people = list(Contact.objects.filter(pk__in=pick.sample(ids, 6)).order_by("pk"))
    for contact in people[:4]:
        data = {"email": contact.email, "first_name": contact.first_name, "interests": pick.choice(INTERESTS)}
        sent = submit_form(form=sign_up, data=data, source_url="https://shop.example/blog/")
        if pick.random() < 0.75:
            confirm_submission(submission=sent)
    for contact in people[4:]:
        data = {"email": contact.email, "first_name": contact.first_name, "website": "https://shop.example"}
        submit_form(form=call, data=data, source_url="https://shop.example/prices/")
    send_due_confirmations()
    send_due_notices()
