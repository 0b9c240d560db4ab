"""The start page: figures, what is at work, what waits for a person; each as far as its user may see it."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from automations.models import Enrollment
from automations.models.enrollment import EnrollmentStatus
from automations.services import activate, add_to_automation
from tests.automations.samples import published
from tests.factories import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/admin/"


@pytest.fixture(autouse=True)
def counted_anew():
    cache.clear()


def page(client, user):
    client.force_login(user)
    answer = client.get(URL)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_installation(client, admin_user):
    html = page(client, admin_user)
    assert "Nothing was sent yet." in html and "None is active." in html
    assert "Waits for a person" not in html


def test_what_is_at_work_and_what_waits(client, admin_user):
    automation = published(name="Welcome series")
    activate(automation=automation)
    contact = ContactFactory()
    add_to_automation(automation=automation, contacts=[contact])
    html = page(client, admin_user)
    assert "Welcome series" in html and "Waits for a person" not in html
    Enrollment.objects.update(status=EnrollmentStatus.PARKED)
    cache.clear()
    html = page(client, admin_user)
    assert "Contacts parked after an error" in html
    link = reverse("admin:automations_enrollment_changelist") + "?status__exact=parked"
    assert link in html and client.get(link).status_code == 200


def test_nobody_sees_more_than_they_may(client):
    published(name="Secret plans")
    html = page(client, UserFactory(is_staff=True))
    assert "Nothing to see yet" in html
    assert "Secret plans" not in html and "E-mail, the last 30 days" not in html


def test_the_cost_does_not_grow(client, admin_user):
    def queries():
        cache.clear()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page(client, admin_user)
        return len(captured)

    activate(automation=published())
    queries()  # reads what is remembered from then on
    few = queries()
    for number in range(5):
        activate(automation=published(name=f"Automation {number}"))
    assert queries() == few
