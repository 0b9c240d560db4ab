"""What every test may ask for: users, clients, and real peers (mail, web, worker, server, browser)."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, Page
from rest_framework.test import APIClient

from tests.factories import UserFactory
from tests.peers import browser as browser_peer
from tests.peers.http import HttpTarget
from tests.peers.processes import Server, Worker
from tests.peers.smtp import SmtpServer

# A failure in CI must be the same on the next run; locally new examples are tried each time. No
# deadlines: a busy machine is no defect.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")

# --- Which tests run, and in which order -------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    on_postgres = os.environ.get("DATABASE_URL", "").startswith("postgres")
    for item in items:
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="runs on PostgreSQL"))
        if item.get_closest_marker("sqlite") and on_postgres:
            item.add_marker(pytest.mark.skip(reason="runs on SQLite"))
        if "browser_page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
        _keep_migrated_rows(item)


def _keep_migrated_rows(item: pytest.Item) -> None:
    """Let every test that empties the tables begin with the rows that migrations made (groups)."""
    marker = item.get_closest_marker("django_db")
    fixtures = getattr(item, "fixturenames", ())
    transactional = {"transactional_db", "live_server"} & set(fixtures)
    if transactional or (marker and marker.kwargs.get("transaction")):
        kwargs = {**(marker.kwargs if marker else {}), "transaction": True, "serialized_rollback": True}
        item.add_marker(pytest.mark.django_db(**kwargs), append=False)


class _BrowserTestsLast:
    """Playwright's event loop stays for the rest of the session, so nothing else may follow it."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_BrowserTestsLast(), "browser-tests-last")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


# --- Users and clients -------------------------------------------------------------------------


@pytest.fixture
def admin_user(db: None) -> Any:
    return UserFactory(username="admin", is_superuser=True)


def _member(group: str) -> Any:
    user = UserFactory(username=group)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def viewer(db: None) -> Any:
    return _member("viewer")


@pytest.fixture
def editor(db: None) -> Any:
    return _member("editor")


@pytest.fixture
def manager(db: None) -> Any:
    return _member("manager")


@pytest.fixture
def api_client(db: None) -> Callable[[Any], APIClient]:
    """`api_client(user)` talks to the API with the user's token; `api_client(None)` with none."""
    from rest_framework.authtoken.models import Token

    def client(user: Any) -> APIClient:
        client = APIClient()
        if user is not None:
            token, _created = Token.objects.get_or_create(user=user)
            client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        return client

    return client


@pytest.fixture
def one_minute() -> Iterator[None]:
    """Floods are counted by the minute, which must not end in between."""
    with time_machine.travel(timezone.now().replace(second=5), tick=False):
        yield


# --- Peers -------------------------------------------------------------------------------------


@pytest.fixture
def smtp_server(settings: Any) -> Iterator[SmtpServer]:
    """A real SMTP server; this process and those of `worker` and `server` send to it."""
    server = SmtpServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
    yield server
    server.stop()


@pytest.fixture
def http_target() -> Iterator[HttpTarget]:
    target = HttpTarget()
    target.start()
    yield target
    target.stop()


@pytest.fixture
def process_environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Environment of `worker` and `server`; tests may add to it before they start one."""
    if "smtp_server" in request.fixturenames:
        return {"EMAIL_URL": request.getfixturevalue("smtp_server").url, "EMAIL_TIMEOUT": "5"}
    return {}


@pytest.fixture
def worker(transactional_db: None, process_environment: dict[str, str]) -> Iterator[Worker]:
    """A django-q2 cluster that the test starts: `worker.start()`, `.kill()` (-9, all of it), `.restart()`."""
    worker = Worker(**process_environment)
    yield worker
    worker.stop()


@pytest.fixture
def server(transactional_db: None, process_environment: dict[str, str]) -> Iterator[Server]:
    """gunicorn on the test database, running; `server.url` is its address."""
    server = Server(**process_environment)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    with browser_peer.chromium() as browser:
        yield browser


@pytest.fixture
def console_errors() -> browser_peer.ConsoleErrors:
    """Errors on the browser's console fail the test, unless `console_errors.allow(pattern)` expects them."""
    return browser_peer.ConsoleErrors()


@pytest.fixture
def browser_page(
    request: pytest.FixtureRequest,
    server: Server,
    chromium: Browser,
    console_errors: browser_peer.ConsoleErrors,
) -> Iterator[Page]:
    """A page of a fresh browser profile; addresses are relative to `server`."""
    context = chromium.new_context(base_url=server.url, locale="en-GB", viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    console_errors.watch(page)
    yield page
    failed = request.node.stash.get(FAILED, False) or bool(console_errors.unexpected())
    if failed and (path := browser_peer.save_screenshot(page, request.node.name)):
        request.node.add_report_section("teardown", "screenshot", str(path))
    context.close()
    assert not console_errors.unexpected(), "the browser's console has errors"


@pytest.fixture
def sign_in(browser_page: Page, server: Server) -> Callable[[Any], None]:
    """`sign_in(user)` gives the browser that user's session."""
    return lambda user: browser_peer.sign_in(browser_page.context, user, server.url)


@pytest.fixture
def on_postgres() -> bool:
    return connection.vendor == "postgresql"
