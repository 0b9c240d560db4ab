"""Samples of steps that reach outside, or take away."""

from automations.models import Automation, Spreadsheet
from tests.automations.samples import STEPS, Sample, Settings, fixed

STEPS["send_sms"] = Sample(
    fixed(text="Hello {{ contact.first_name }}"),
    (({"text": ""}, "text"), ({"text": "{{ contact.first_name"}, "text"), ({"text": "x" * 1_531}, "text")),
)
STEPS["delete_contact"] = Sample(fixed(confirmed=True), (({"confirmed": False}, "confirmed"),))


def _spreadsheet_row(automation: Automation) -> Settings:
    spreadsheet, _new = Spreadsheet.objects.get_or_create(name="Buyers")
    return {"spreadsheet": spreadsheet.pk, "cells": "E-mail: {{ contact.email }}"}


STEPS["add_spreadsheet_row"] = Sample(
    _spreadsheet_row,
    (
        ({"cells": "no heading"}, "cells"),
        ({"cells": "A: {{ x"}, "cells"),
        ({"spreadsheet": 999_999}, "spreadsheet"),
    ),
)
