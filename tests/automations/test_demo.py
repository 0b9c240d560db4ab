"""The demo loads once, and shows automations at work."""

import pytest
from django.core.management import call_command

from automations.models import Automation, Delivery, Enrollment, Trigger
from automations.selectors.campaigns import reports
from automations.triggers import TRIGGERS
from contacts.models import Campaign, Contact, ConversionRecord, EmailActivity

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


#: Families whose demo data isn't there yet.
ELSEWHERE = ("deals", "accounts", "tasks")


#: Those about deals and tasks that are shown.
DEALS = {
    "deal_stage_changed", "deal_status_changed", "deal_value_changed", "deal_owner_changed", "pipeline_entered",
    "deal_field_changed", "task_completed", "score_changed",
}  # fmt: skip


def elsewhere() -> set[str]:
    return {kind.slug for kind in TRIGGERS if kind.family in ELSEWHERE}


def test_the_demo_loads_once_and_is_at_work() -> None:
    call_command("load_demo", people=300)
    assert Contact.objects.count() == 300
    assert Automation.objects.filter(is_active=True).count() >= 37
    assert set(Enrollment.objects.values_list("status", flat=True)) >= {"active", "completed"}
    assert not Enrollment.objects.filter(status="parked").exists()
    assert Delivery.objects.filter(status="sent").exists()
    assert set(EmailActivity.objects.values_list("action", "machine")) >= {
        ("open", False),
        ("open", True),
        ("click", False),
    }
    for name in (
        "Who reads us", "Looked at the plans", "Shares us", "Tells friends", "Writes back", "Reads the receipt",
    ):  # fmt: skip
        assert Enrollment.objects.filter(automation__name=name).exists(), name
    for name in ("Hot leads", "After an upgrade", "Onboarded, what next", "No VIP any more",
                 "Happy birthday", "Renewal reminder", "News from the blog"):  # fmt: skip
        assert Enrollment.objects.filter(automation__name=name).exists(), name
    for name in (
        "Thank you", "Left with pens in the cart", "Large orders", "Money back", "Welcome to the club",
        "Leaves the club",
    ):  # fmt: skip
        assert Enrollment.objects.filter(automation__name=name).exists(), name
    for name in ("Gold accounts", "Training booked", "Training cancelled"):
        assert Enrollment.objects.filter(automation__name=name).exists(), name
    for name in (
        "New deals find an owner", "Offer sent, what next", "Won: a warm welcome", "Big deals heat up",
        "A new face", "Against Acme", "After a call", "Hot deals",
    ):  # fmt: skip
        assert Enrollment.objects.filter(automation__name=name).exists(), name
    assert ConversionRecord.objects.exclude(first_touch="").exists()
    campaigns = Campaign.objects.filter(kind="broadcast").order_by("status")
    assert [row.status for row in campaigns] == ["draft", "scheduled", "sent", "sent"]
    assert all(report.of("open_first") for report in reports(list(campaigns)[2:]).values())
    shown = Trigger.objects.filter(automation__is_active=True)
    assert {row.slug for row in shown} >= DEALS
    assert {row.slug for row in shown} >= {kind.slug for kind in TRIGGERS} - elsewhere()
    before = Enrollment.objects.count()
    call_command("load_demo")
    assert (Contact.objects.count(), Enrollment.objects.count()) == (300, before)
