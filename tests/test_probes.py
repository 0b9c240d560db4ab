"""/healthz, /readyz and /metrics, as machines ask for them."""

import pytest
from django.db import DatabaseError, connection

from config import probes

TOKEN = {"HTTP_AUTHORIZATION": "Bearer secret"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_well(db, client, path):
    answer = client.get(path, headers={"host": "10.0.0.7"})  # whatever the host, and without https
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert client.post(path).status_code == 405


def test_alive_without_a_database_but_not_ready(client, monkeypatch):
    def away(*args, **kwargs):
        raise DatabaseError("password=hunter2")

    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(probes, "_migrated", True)
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["problems"]) == (503, ["the database does not answer"])


def test_not_ready_before_the_migrations(db, client, monkeypatch):
    monkeypatch.setattr(probes, "_migrated", False)
    monkeypatch.setattr(probes.MigrationExecutor, "migration_plan", lambda *args: ["one"])
    assert client.get("/readyz").json()["problems"] == ["migrations are missing"]


@pytest.mark.parametrize(
    ("setting", "headers", "status"),
    [("", {}, 404), ("", TOKEN, 404), ("secret", {}, 401), ("secret", TOKEN, 200), ("other", TOKEN, 401)],
)
def test_who_may_read_the_figures(db, client, settings, setting, headers, status):
    settings.METRICS_TOKEN = setting
    assert client.get("/metrics", **headers).status_code == status


def test_the_figures(db, client, settings):
    settings.METRICS_TOKEN = "secret"
    client.get("/admin/login/")
    text = client.get("/metrics", **TOKEN).content.decode()
    assert 'automation_check_state{check="workers"} 2.0' in text
    assert 'automation_enrollments{status="active"} 0.0' in text
    assert 'automation_schedule_lag_seconds{schedule="Due work"}' in text
    assert "django_http_requests_total_by_method_total" in text
