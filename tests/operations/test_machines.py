"""Two web servers and two clusters of workers on one PostgreSQL, as on several machines."""

import httpx
import pytest
from rest_framework.authtoken.models import Token

from contacts.models import Note, Tag
from tests.automations.conftest import build_automation
from tests.automations.faults.conftest import eventually
from tests.factories import TagFactory
from tests.peers.processes import Server, Worker

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def machines(transactional_db):
    """`(web, workers)`: each a list of two, running."""
    web, workers = [Server(), Server()], [Worker(Q_WORKERS="1"), Worker(Q_WORKERS="1")]
    for process in (*web, *workers):
        process.hatch()
    eventually(lambda: all(server.ready() for server in web), 30, lambda: web[0].output(), meanwhile=lambda: None)
    yield web, workers
    for process in (*web, *workers):
        process.kill()


def test_what_one_web_server_takes_all_workers_do(machines, manager):
    """Requests go to the servers in turn; each contact is served once, whichever worker takes it."""
    web, workers = machines
    tag = TagFactory()
    build_automation(triggers=[("tag_added", {"tags": [tag.pk]})], steps=[("add_note", {"text": "served"})])
    token = {"Authorization": f"Token {Token.objects.create(user=manager).key}"}
    for number in range(40):
        url = web[number % 2].url
        made = httpx.post(f"{url}/api/v1/contacts/", json={"email": f"p{number}@example.com"}, headers=token)
        assert made.status_code == 201, made.text
        body = {"ids": [made.json()["id"]]}
        answer = httpx.post(
            f"{web[(number + 1) % 2].url}/api/v1/tags/{tag.pk}/contacts/", json=body, headers=token
        )
        assert answer.status_code < 300, answer.text
    eventually(lambda: Note.objects.count() >= 40, 60, lambda: workers[0].output()[-2000:])
    assert Note.objects.count() == 40
    # One of each dies; the others go on.
    web[0].kill()
    workers[0].kill()
    assert Tag.objects.count() == 1
    made = httpx.post(f"{web[1].url}/api/v1/contacts/", json={"email": "late@example.com"}, headers=token)
    body = {"ids": [made.json()["id"]]}
    httpx.post(f"{web[1].url}/api/v1/tags/{tag.pk}/contacts/", json=body, headers=token)
    eventually(lambda: Note.objects.count() == 41, 60, lambda: workers[1].output()[-2000:])
    assert httpx.get(f"{web[1].url}/readyz").json()["ready"]
