"""The back-up that docs/operations.md describes, made and restored into an empty database."""

import shutil
import subprocess
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from contacts.services import tag_contacts
from tests.automations.conftest import build_automation
from tests.factories import ContactFactory, TagFactory

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def tables(query: Callable[[str], list]) -> dict[str, int]:
    names = query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return {name: query(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in names}  # noqa: S608 of the catalogue


@pytest.mark.skipif(not shutil.which("pg_dump"), reason="needs PostgreSQL's client programs")
def test_what_is_restored_is_what_was_there(tmp_path):
    tag = TagFactory()
    build_automation(triggers=[("tag_added", {"tags": [tag.pk]})])
    tag_contacts(contacts=[ContactFactory() for _number in range(5)], tag=tag)
    file, name = tmp_path / "automation.dump", "restored"
    dumped = subprocess.run(["pg_dump", "-Fc", "-f", file, _url()], capture_output=True, text=True, check=False)
    if "server version mismatch" in dumped.stderr:
        pytest.skip("the client programs are older than the server")
    assert dumped.returncode == 0, dumped.stderr
    with psycopg.connect(_url(), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
        try:
            target = _url().rpartition("dbname=")[0] + f"dbname={name}"
            subprocess.run(["pg_restore", "--no-owner", "-d", target, file], check=True, capture_output=True)
            with psycopg.connect(target) as restored:
                found = tables(lambda sql: restored.execute(sql).fetchall())
            assert found == tables(lambda sql: server.execute(sql).fetchall())
            assert found["contacts_contact"] == 5 == found["automations_enrollment"]
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _url() -> str:
    """As libpq takes it."""
    given = connection.settings_dict
    parts = {name: given.get(name.upper()) for name in ("host", "port", "user", "password")}
    return " ".join(f"{name}={value}" for name, value in parts.items() if value) + f" dbname={given['NAME']}"
