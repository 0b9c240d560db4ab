"""What only a browser and a worker show: pages that change in place, and an import that is killed."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.tasks import async_task

from contacts.models import Contact, ImportJob, List, SubscriptionChange, TagChange
from contacts.services import create_contact
from contacts.services.leases import LEASE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROWS = 12_000


def test_a_tag_is_added_without_losing_what_is_being_typed(browser_page, sign_in, admin_user):
    contact = create_contact(email="ann@example.com")
    List.objects.create(name="News")
    sign_in(admin_user)
    browser_page.goto(f"/admin/contacts/contact/{contact.pk}/change/")
    browser_page.fill("[name=first_name]", "Annabel")
    browser_page.fill("#person-panel [name=tag]", "VIP")
    browser_page.click("text=Add tag")
    browser_page.wait_for_selector("text=The tag “VIP” was added.")
    browser_page.select_option("#person-panel [name=list]", label="News")
    browser_page.click("#person-panel button[value=subscribe]")
    browser_page.wait_for_selector("text=Subscribed to “News”.")
    browser_page.click("#person-panel button[value=remove_tag]")
    browser_page.wait_for_selector("text=No tags yet.")
    assert browser_page.input_value("[name=first_name]") == "Annabel"


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def test_an_import_by_hand_survives_a_killed_worker(browser_page, sign_in, manager, worker, tmp_path):
    news = List.objects.create(name="News")
    path = tmp_path / "people.csv"
    lines = [f"p{n}@example.com;Zoé {n};new|batch {n % 2}" for n in range(ROWS)]
    path.write_text("\n".join(["E-mail;Prénom;Étiquettes", *lines, "nobody;X;"]), encoding="cp1252")
    sign_in(manager)
    browser_page.goto("/admin/contacts/importjob/add/")
    browser_page.set_input_files("input[type=file]", path)
    browser_page.click("form button:has-text('Upload')")
    browser_page.wait_for_selector("text=What goes where?")
    browser_page.locator("select[name=lists]").select_option(label="News", force=True)
    browser_page.click("text=Try it")
    worker.start()
    browser_page.wait_for_selector("text=This was a dry run", timeout=60_000)
    assert not Contact.objects.exists()
    browser_page.click("text=Import now")
    job = ImportJob.objects.get()
    wait_until(lambda: ImportJob.objects.get().processed > 0)
    worker.kill()
    job.refresh_from_db()
    assert (job.status, job.processed < ROWS) == ("running", True)
    # The lease runs out; what the sweep does then is done here, for it comes only once a minute.
    ImportJob.objects.update(heartbeat_at=timezone.now() - LEASE - timedelta(seconds=1))
    async_task("contacts.tasks.resume_jobs")
    worker.restart()
    browser_page.wait_for_selector("text=The import is finished", timeout=90_000)
    assert Contact.objects.count() == SubscriptionChange.objects.filter(list=news).count() == ROWS
    assert TagChange.objects.count() == 2 * ROWS
    job.refresh_from_db()
    assert (job.processed, job.created_count, job.error_count) == (ROWS + 1, ROWS, 1)
