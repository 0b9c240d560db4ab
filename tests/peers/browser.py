"""The system's Chromium under Playwright; no browser is downloaded."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import DEFAULT_DB_ALIAS, connection, connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

SCREENSHOTS = Path(settings.VAR_DIR) / "screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def chromium_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.fail("No Chromium: run .ci/chromium.sh, or leave these tests out with -m 'not browser'.")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser. Playwright keeps an event loop on this thread as long as the browser lives, so
    the browser tests run last: in a loop Django refuses to query, unless told otherwise, and it has
    connections of its own, which must be given the rows that migrations made."""
    migrated = getattr(connection, "_test_serialized_contents", None)
    with sync_playwright() as playwright:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        try:
            if migrated is not None:
                connections[DEFAULT_DB_ALIAS]._test_serialized_contents = migrated
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
            try:
                yield browser
            finally:
                browser.close()
                connections.close_all()
        finally:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class ConsoleErrors:
    """What the pages of a context complained about. A test that provokes an error names it in `allow`."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._allowed = [r"favicon\.ico"]

    def allow(self, pattern: str) -> None:
        self._allowed.append(pattern)

    def watch(self, page: Page) -> None:
        page.on("console", lambda m: self._add(f"{m.text} ({_url(m)})") if m.type == "error" else None)
        page.on("pageerror", lambda error: self._add(str(error)))

    def _add(self, text: str) -> None:
        self.found.append(text)

    def unexpected(self) -> list[str]:
        return [text for text in self.found if not any(re.search(p, text) for p in self._allowed)]


def _url(message: Any) -> str:
    return str((message.location or {}).get("url", ""))


def sign_in(context: BrowserContext, user: Any, url: str) -> None:
    """Give the browser a session of `user`, as logging in does."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": url}])


def save_screenshot(page: Page, test: str) -> Path | None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / (re.sub(r"[^\w.-]+", "_", test)[-150:] + ".png")
    try:
        page.screenshot(path=path, full_page=True)
    except Exception:  # the page may have crashed; the test's own failure matters more
        return None
    return path
