"""Samples of steps that reach outside, or take away."""

from tests.automations.samples import STEPS, Sample, fixed

STEPS["send_sms"] = Sample(
    fixed(text="Hello {{ contact.first_name }}"),
    (({"text": ""}, "text"), ({"text": "{{ contact.first_name"}, "text"), ({"text": "x" * 1_531}, "text")),
)
STEPS["delete_contact"] = Sample(fixed(confirmed=True), (({"confirmed": False}, "confirmed"),))
