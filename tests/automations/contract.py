"""What every trigger and step type keeps, whatever it does. Run over the registries by the test modules."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from automations.availability import Availability
from automations.models import Automation, Step
from automations.models.configured import Configured
from tests.automations.samples import Sample, free_place, new_automation

Part = type[Configured]


def place(part: Any) -> None:
    """Hang a step behind the others of its automation."""
    if isinstance(part, Step):
        for name, value in free_place(part.automation).items():
            setattr(part, name, value)


def where(part: Part, automation: Automation) -> dict[str, str]:
    return free_place(automation) if issubclass(part, Step) else {}


def form_takes_the_sample(part: Part, sample: Sample, automation: Automation) -> None:
    settings = dict(sample.settings(automation))
    cleaned = part.Form.validate(settings, owner=part(automation=automation))
    assert {name: cleaned[name] for name in settings} == settings


def form_refuses_junk(part: Part, sample: Sample, automation: Automation) -> None:
    assert sample.junk or not part.Form.base_fields, "give the sample near misses"
    for junk, field in [*sample.junk, ({**sample.settings(automation), "no_such": 1}, "no_such")]:
        if field in junk and not isinstance(junk[field], str | int | list | dict | type(None)):
            continue
        try:
            part.Form.validate(junk, owner=part(automation=automation))
        except ValidationError as error:
            assert field in error.message_dict, (junk, error.message_dict)
        else:
            # JSON of another type than the setting's is refused by the API, before the form.
            assert _wrong_type(part, junk, field), f"{junk} was taken"


def _wrong_type(part: Part, junk: Any, field: str) -> bool:
    from automations.api.settings import fits, setting_schema

    return not fits(junk[field], setting_schema(part.Form.base_fields[field])["type"])


def sentences(part: Part, sample: Sample, automation: Automation) -> None:
    empty, full = part(automation=automation), part(automation=automation)
    full.apply(part.Form.validate(sample.settings(automation), owner=full))
    for text in (empty.describe(), full.describe()):
        assert text
        assert text.strip() == text
        assert "None" not in text
        assert len(text) < 400
    empty.problems()
    assert full.problems() == []


def survives_the_snapshot(part: Part, sample: Sample, automation: Automation) -> None:
    """As settings, as JSON, as a stored row: always the same."""
    import json

    full = part(automation=automation)
    full.apply(part.Form.validate(sample.settings(automation), owner=full))
    place(full)
    settings = json.loads(json.dumps(full.settings()))
    assert part.from_settings(settings).settings() == settings
    full.save()
    assert part.objects.get(pk=full.pk).settings() == settings
    assert part.from_settings(settings, automation=automation).references() == full.references()


def api_cycle(part: Part, sample: Sample, automation: Automation, api: Any, path: str) -> None:
    settings = dict(sample.settings(automation))
    body = {"automation": automation.pk, "type": part.slug, **where(part, automation), **settings}
    made = api.post(f"/api/v1/{path}/", body)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert {name: shown[name] for name in settings} == part.Form.shown(settings)
    assert shown["problems"] == []
    url = f"/api/v1/{path}/{shown['id']}/"
    assert api.get(url).json() == shown
    # What was read can be sent back, without what is read only.
    fields = {"automation", "type", *settings}
    again = api.patch(url, {name: shown[name] for name in fields})
    assert again.status_code == 200, again.content
    assert again.json() == shown
    refusals(part, sample, automation, api, path, url)
    assert api.get(url).json() == shown, "a refused change left something behind"
    listed = api.get(f"/api/v1/{path}/", {"automation": automation.pk}).json()["results"]
    assert {**shown, "problems": None} in [{**row, "problems": None} for row in listed]
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


def refusals(part: Part, sample: Sample, automation: Automation, api: Any, path: str, url: str) -> None:
    # An exclusive trigger stands in the automation already.
    target = new_automation(name="Another") if getattr(part, "exclusive", False) else automation
    base = {"automation": target.pk, "type": part.slug, **where(part, target)}
    for junk, field in [*sample.junk, ({**sample.settings(automation), "no_such": 1}, "no_such")]:
        answers = [api.patch(url, junk)]
        if junk:
            answers.append(api.post(f"/api/v1/{path}/", {**base, **junk}))
        for answer in answers:
            assert answer.status_code == 400, (junk, answer.content)
            assert field in answer.json()["error"]["fields"], (junk, answer.content)


def admin_pages(part: Part, sample: Sample, automation: Automation, client: Any) -> None:
    """The generated pages: chooser, add, change, and the same errors as elsewhere."""
    base = part._meta.get_parent_list()[0]._meta
    kind = ContentType.objects.get_for_model(part, for_concrete_model=False)
    chooser = reverse(f"admin:{base.app_label}_{base.model_name}_add")
    settings = dict(sample.settings(automation))
    assert str(part.label) in client.get(chooser).content.decode()
    add = f"{chooser}?ct_id={kind.pk}&automation={automation.pk}"
    page = client.get(add)
    assert page.status_code == 200
    shown = {name: value for name, value in _initial(page).items() if name not in settings}
    posted = {**shown, **_as_posted(part, settings)}
    before = part.objects.count()
    answer = client.post(add, posted)
    assert answer.status_code == 302, _errors(answer)
    assert part.objects.count() == before + 1
    made = part.objects.order_by("pk").last()
    assert made is not None
    assert {name: made.settings()[name] for name in settings} == settings
    change = reverse(f"admin:{base.app_label}_{base.model_name}_change", args=[made.pk])
    page = client.get(change)
    assert page.status_code == 200
    assert made.describe() in _text(page)
    answer = client.post(change, _initial(page))
    assert answer.status_code == 302, _errors(answer)
    assert part.objects.get(pk=made.pk).settings() == made.settings()
    _admin_refuses(part, sample, client, change, _initial(page))


def _admin_refuses(part: Part, sample: Sample, client: Any, change: str, initial: dict[str, Any]) -> None:
    for junk, field in sample.junk:
        if field in junk and _wrong_type(part, junk, field):
            continue
        posted = {name: value for name, value in initial.items() if name not in junk}
        answer = client.post(change, {**posted, **_as_posted(part, junk)})
        assert answer.status_code == 200, f"{junk} was taken"
        assert field in answer.context["adminform"].form.errors, (junk, _errors(answer))


def _text(page: Any) -> str:
    import html

    return html.unescape(page.content.decode())


def _as_posted(part: Part, settings: Any) -> dict[str, Any]:
    from automations.forms import form_data

    data = form_data(settings)
    return {name: data.getlist(name) for name in data}


def _initial(page: Any) -> dict[str, Any]:
    """What a browser would send for the page as it was shown."""
    posted: dict[str, Any] = {}
    for bound in page.context["adminform"].form:
        value = bound.value()
        value = bound.field.prepare_value(value)
        if value is None or value is False:
            continue
        if isinstance(value, dict):
            import json

            value = json.dumps(value)
        posted[bound.html_name] = value
    return posted


def _errors(answer: Any) -> Any:
    return answer.context["adminform"].form.errors if answer.context else answer.content[:500]


def locked_is_refused(
    part: Part, sample: Sample, automation: Automation, api: Any, client: Any, path: str, monkeypatch: Any
) -> None:
    from automations.models import Account

    monkeypatch.setattr(part, "availability", Availability(plans=()))
    reason = part.availability.locked_reason(part.label)
    body = {"automation": automation.pk, "type": part.slug, **sample.settings(automation)}
    before = part.objects.count()
    answer = api.post(f"/api/v1/{path}/", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]["type"][0] == {"code": "locked", "message": reason}
    entry = api.get(f"/api/v1/{path[:-1]}-types/{part.slug}/").json()
    assert (entry["locked"], entry["locked_reason"]) == (True, reason)
    base = part._meta.get_parent_list()[0]._meta
    chooser = reverse(f"admin:{base.app_label}_{base.model_name}_add")
    kind = ContentType.objects.get_for_model(part, for_concrete_model=False)
    assert f'value="{kind.pk}"' not in client.get(chooser).content.decode()
    add = f"{chooser}?ct_id={kind.pk}&automation={automation.pk}"
    posted = _as_posted(part, sample.settings(automation))
    answer = client.post(add, posted)
    assert reason in _text(answer if answer.status_code == 200 else client.get(answer.url))
    assert part.objects.count() == before
    assert Account.current().plan == "enterprise"


def catalogue_entry(part: Any, api: Any, path: str) -> None:
    entry = api.get(f"/api/v1/{path}/{part.slug}/").json()
    assert entry["slug"] == part.slug
    assert entry["name"]
    lacking = part.unavailable_reason() if hasattr(part, "unavailable_reason") else ""
    assert (entry["locked"], entry["locked_reason"]) == (bool(lacking), lacking)
    assert set(entry["settings"]["properties"]) == set(part.Form.base_fields)
    assert entry in api.get(f"/api/v1/{path}/").json()


def in_openapi(part: Part, schema: dict[str, Any], name: str) -> None:
    for suffix, wanted in (("", {"id", "key", "sentence", "problems"}), ("Request", set())):
        one = schema["components"]["schemas"][f"{name}{suffix}"]
        ref = one["discriminator"]["mapping"][part.slug]
        component = schema["components"]["schemas"][ref.rsplit("/", 1)[1]]
        assert set(part.Form.base_fields) | {"automation", "type"} | wanted <= set(component["properties"])
        assert component["properties"]["type"]["enum"] == [part.slug]


def same_cost(part: Part, sample: Sample, api: Any, path: str) -> None:
    """A list costs as much for one as for many, each in an automation of its own."""

    def fill(count: int) -> None:
        for _n in range(count):
            automation = new_automation()
            full = part(automation=automation)
            full.apply(part.Form.validate(sample_once(automation), owner=full))
            place(full)
            full.save()

    made: dict[str, Any] = {}

    def sample_once(automation: Automation) -> Any:
        """Settings that name another step need one in each automation; records are made once."""
        if "automation" not in made or part.slug == "go_to":
            made["automation"] = sample.settings(automation)
        return made["automation"]

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            rows = api.get(f"/api/v1/{path}/", {"page_size": 500}).json()["results"]
        assert part.slug in {row["type"] for row in rows}
        return len(queries)

    fill(1)
    cost()
    few = cost()
    fill(20)
    assert cost() == few
