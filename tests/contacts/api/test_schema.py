"""The OpenAPI document and its page."""

import pytest
import yaml
from django.core.management import call_command
from rest_framework.test import APIClient

WRITES = {"post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(path))
    return yaml.safe_load(path.read_text())


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_operation_documents_its_errors(schema):
    for path, method, operation in operations(schema):
        if path.startswith("/api/schema"):
            continue
        wanted = {"400", "401", "403", "429"} | ({"409", "422"} if method in WRITES else set())
        wanted |= {"404"} if "{" in path else set()
        for code in wanted:
            content = operation["responses"][code]["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Error"}, (path, method, code)


def test_every_write_documents_the_idempotency_key(schema):
    for path, method, operation in operations(schema):
        names = [parameter["name"] for parameter in operation.get("parameters", [])]
        assert ("Idempotency-Key" in names) == (method in WRITES), (path, method)


def test_every_operation_has_a_summary(schema):
    missing = [
        (path, method)
        for path, method, operation in operations(schema)
        if not operation.get("summary") and path.startswith("/api/v1/")
    ]
    assert missing == []


@pytest.mark.django_db
def test_schema_and_page_are_served_without_foreign_hosts():
    client = APIClient()
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/", headers={"accept": "text/html"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "swagger-ui-bundle.js" in text
    assert "http://" not in text.replace("http://testserver", "")
    assert "https://" not in text
    assert "<script>" not in text
    script = client.get("/api/docs/?script=", headers={"accept": "text/html"})
    assert b"SwaggerUIBundle" in script.content
