"""The demo loads once, and shows automations of every kind at work."""

import pytest
from django.core.management import call_command

from automations.models import Delivery, Enrollment, SpreadsheetRow, Trigger
from automations.selectors.campaigns import reports
from automations.triggers import TRIGGERS
from contacts.models import Campaign, Contact, ConversionRecord, EmailActivity
from deals.models import SentimentChange

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.sqlite]  # as `make run` loads it


def entered() -> set[str]:
    """The types of triggers through which somebody has entered."""
    through = set(Enrollment.objects.values_list("automation_id", "trigger_key"))
    return {row.slug for row in Trigger.objects.all() if (row.automation_id, row.key) in through}


def test_the_demo_loads_once_and_is_at_work() -> None:
    call_command("load_demo", people=300)
    assert Contact.objects.count() == 300
    shown = Trigger.objects.filter(automation__is_active=True)
    assert {kind.slug for kind in TRIGGERS} - {row.slug for row in shown} == set()
    assert {kind.slug for kind in TRIGGERS} - entered() == set()
    assert set(Enrollment.objects.values_list("status", flat=True)) >= {"active", "completed"}
    assert not Enrollment.objects.filter(status="parked").exists()
    assert Delivery.objects.filter(status="sent").exists()
    assert set(EmailActivity.objects.values_list("action", "machine")) >= {
        ("open", False),
        ("open", True),
        ("click", False),
    }
    assert set(SentimentChange.objects.values_list("new", flat=True)) >= {"positive", "negative", "mixed"}
    assert SpreadsheetRow.objects.filter(spreadsheet__name="Returns").exists()
    assert ConversionRecord.objects.exclude(first_touch="").exists()
    campaigns = Campaign.objects.filter(kind="broadcast").order_by("status")
    assert [row.status for row in campaigns] == ["draft", "scheduled", "sent", "sent"]
    assert all(report.of("open_first") for report in reports(list(campaigns)[2:]).values())
    before = Enrollment.objects.count()
    call_command("load_demo")
    assert (Contact.objects.count(), Enrollment.objects.count()) == (300, before)
