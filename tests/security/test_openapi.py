"""Every operation of the OpenAPI document, with generated input: no 5xx, and no answer that it doesn't name.

Of operations about one record, two thirds of the requests are about one that exists. What they bring about
is taken back.
"""

from collections import Counter
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from contacts.models import (
    AppConnection,
    Contact,
    CustomEvent,
    CustomField,
    Form,
    Note,
    PostmarkServer,
    SiteMessage,
    TrackedDomain,
)
from contacts.services import create_account
from ecommerce.models import Store
from tests.automations.api.test_permissions import ids as automation_ids
from tests.database import taken_back
from tests.deals.mailboxes import make_deal

from .url_map import routes

__all__ = ["automation_ids"]
# PostgreSQL refuses more: dates, lengths, NUL.
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.postgres]

#: Of each operation. The same ones on each run.
EXAMPLES = 6
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
LANES = 4  # parts, so that a failure names an area and a lane can be run alone


@pytest.fixture
def records(automation_ids) -> dict[str, int]:
    """The id of an existing record by the API's prefix."""
    contact = Contact.objects.first()
    make_deal(contact)
    Form.objects.create(name="Sign up")
    CustomField.objects.create(key="age", label="Age", type="number")
    CustomEvent.objects.create(name="Bought")
    Note.objects.create(contact=contact, text="x")
    create_account(name="Acme")
    AppConnection.objects.create(app="unbounce", name="Pages")
    PostmarkServer.objects.create(name="Shop")
    TrackedDomain.objects.create(domain="site.com")
    SiteMessage.objects.create(title="Hello")
    Store.objects.create(name="Shop", kind="shopify")
    known = {}
    for route in routes():
        if route.name.endswith("-detail") and getattr(route.viewset, "queryset", None) is not None:
            row = route.viewset.queryset.model.objects.first()
            if row is not None:
                known[route.name.removesuffix("-detail")] = row.pk
    return known


@pytest.fixture
def _one_connection():
    """The server's side of a request leaves the test's connection open, as with Django's test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
@pytest.mark.parametrize("lane", range(LANES))
def test_the_document_is_kept(admin_user, api_client, records, settings, lane):
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True  # says more than a 500
    settings.MAILBOX_TIMEOUT = settings.WEBHOOK_TIMEOUT = 0.2
    # Asked as a superuser may ask; who else may is the matter of test_roles.
    headers = api_client(admin_user)._credentials
    document = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    failures, answers = [], Counter()
    for number, found in enumerate(document.get_all_operations()):
        if number % LANES == lane:
            key = {"Authorization": headers["HTTP_AUTHORIZATION"]}
            failures += _failures(found.ok(), records, key, answers)
    if failures:
        pytest.fail("\n\n".join(failures))
    # Not only refusals: it gets far enough to be worth something.
    assert answers[2] > 100 and answers[4] > 20, answers


def _failures(operation: Any, records: dict[str, int], headers: dict[str, str], answers: Counter) -> list[str]:
    """What is wrong with one operation, in words; at most one example."""
    known = records.get(operation.path.split("/")[3] if operation.path.count("/") > 2 else "")
    asked = 0

    @hypothesis.seed(1)
    @hypothesis.settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate],
        derandomize=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        if known is not None and case.path_parameters and "id" in case.path_parameters and asked % 3:
            case.path_parameters["id"] = known
        with taken_back():
            response = case.call(headers=headers)
            answers[response.status_code // 100] += 1
            case.validate_response(response, checks=CHECKS)

    try:
        ask()
    except FailureGroup as group:
        return [f"{operation.label}: {_brief(failure)}" for failure in group.exceptions]
    except Exception as error:
        return [f"{operation.label}: {type(error).__name__}: {str(error)[:800]}"]
    return []


def _brief(failure: Exception) -> str:
    """Without the schema itself, which may be long."""
    return "\n".join(line for line in str(failure).splitlines() if line.strip())[:500]
