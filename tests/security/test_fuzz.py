"""Schemathesis over the whole OpenAPI document: no 5xx, and no answer that the document doesn't name."""

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, Phase
from rest_framework.authtoken.models import Token
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from config.wsgi import application
from contacts.services import subscribe_contacts, tag_contacts
from tests.automations.conftest import build_automation
from tests.database import taken_back
from tests.factories import ContactFactory, ListFactory, TagFactory

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
# Not response_schema_conformance: the document is too strict about blanks (an e-mail address, a reason) and
# leaves open which of two steps or triggers is meant.
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _one_connection(db, monkeypatch):
    """Requests through WSGI would end the test's own connection, as Django's test client takes care not to."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture
def token(admin_user, settings, tmp_path) -> str:
    """The token of a superuser; a record of each of the common kinds is there."""
    settings.MEDIA_ROOT = tmp_path
    tag, news = TagFactory(), ListFactory()
    automation = build_automation(triggers=[("tag_added", {"tags": [tag.pk]})])
    contacts = [ContactFactory() for _number in range(3)]
    subscribe_contacts(contacts=contacts, list=news)
    tag_contacts(contacts=contacts, tag=tag)
    assert automation.enrollments.count() == 3
    return str(Token.objects.create(user=admin_user).key)


def operations() -> Iterator[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.startswith("/api/v1/") and not operation.path.startswith("/api/v1/token/"):
            yield operation


def known_id(path: str, token: str) -> Any:
    """The id of a record that the list above `path` shows: a made-up one would only find 404."""
    above = path.partition("{")[0]
    answer = Client().get(above, headers={"Authorization": f"Token {token}"})
    rows = answer.json().get("results") if answer.status_code == 200 else None
    return rows[0].get("id") if rows else None


def try_out(operation: Any, token: str, pk: Any) -> None:
    """Well-formed and malformed requests by the document; half of them to a record that is there."""

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(), real=hypothesis.strategies.booleans())
    def run(case: Any, real: bool) -> None:
        if real and pk is not None and "id" in case.path_parameters:
            case.path_parameters["id"] = pk
        case.headers["Authorization"] = f"Token {token}"
        with taken_back():
            response = case.call()
        case.validate_response(response, checks=CHECKS)

    run()


def test_no_answer_that_is_not_documented(token):
    wrong, count = [], 0
    for operation in operations():
        count += 1
        pk = known_id(operation.path, token) if "{id}" in operation.path else None
        try:
            try_out(operation, token, pk)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            wrong.append(f"{operation.method.upper()} {operation.path}: {error!r:.1500}")
    assert count > 100
    assert not wrong, "\n\n".join(wrong)
