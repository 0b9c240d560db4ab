"""Who may do what, over the whole URL map: a new address without an entry, or a rule, fails here.

The permission tables of the apps (tests/*/api/test_permissions.py) say what each role brings about with real
records. This one says that nothing has been forgotten: of every address and method it asks, with a record
that does not exist, whether a role is let in. Permission is asked before the record is sought, so whoever
is let in gets an answer about the record (404, or the page), and everyone else 403.
"""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from automations.admin.parts import StepChildAdmin, TriggerChildAdmin
from automations.models import Account as AccountSettings
from automations.models import Automation, ScoreRule
from automations.steps import STEPS
from automations.triggers import TRIGGERS
from automations.triggers.tag_added import TagAddedTrigger
from contacts.admin import accounts, person
from contacts.admin.sections import section_verbs
from contacts.models import Account, Campaign, Contact, EmailTemplate, Score, TrackingSettings
from contacts.roles import BUSINESS_APPS, FOR_MANAGERS, KEPT_FROM_EDITORS
from contacts.services import create_account
from deals.admin import panel
from tests.database import taken_back
from tests.deals.mailboxes import make_deal
from tests.factories import ContactFactory, UserFactory

from .url_map import VALUES, Route, routes

# Who may do what is asked before any record is sought: no database decides it.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
ROUTES = {route.pattern: route for route in routes()}

# Who is let in, from the first letter on: viewers (and editors, and managers), editors, managers, anyone
# who is logged in (and may use the admin pages); None: nobody has this method.
V, E, M, ANYONE = "VEM", "EM", "M", "NVEM"
ROLES = {"nobody": "N", "viewer": "V", "editor": "E", "manager": "M"}
#: Answers that say “you were let in”; 400 and 409 are about what was sent.
LET_IN = {200, 201, 202, 204, 302, 400, 404, 405, 409, 415, 422}

PUBLIC = {
    "schema": "describes the software, not its data",
    "api-docs": "shows the same",
    "favicon.ico": "an address that browsers ask for; only redirects",
    "admin:login": "where one logs in; throttled by name and address",
    "admin:jsi18n": "the admin's own words in the visitor's language",
    "api/^.*$": "says 404 in the API's shape",
    "contacts:form": "hosted form: its token, limits per address",
    "contacts:form_script": "embeds a hosted form in other sites",
    "contacts:form_confirm": "double opt-in: a signed token from an e-mail",
    "contacts:track_event": "events of other systems: the account's key, limits",
    "contacts:track_visit": "page visits of the tracking script: sites of the account, limits",
    "contacts:identify": "identify calls of the tracking script: signed, limits",
    "contacts:site_script": "the tracking script",
    "contacts:message_script": "the script that shows site messages",
    "contacts:site_message": "what the visitor did with a site message",
    "contacts:pixel": "a signed token from an e-mail",
    "contacts:click": "a signed token from an e-mail",
    "contacts:unsubscribe": "a signed token from an e-mail",
    "contacts:preferences": "a signed token from an e-mail",
    "contacts:provider_webhook": "e-mail providers: the secret in the address and the provider's signature",
    "contacts:postmark_webhook": "Postmark: the server's own key in the address",
    "contacts:app": "Calendly, Typeform, Unbounce: signed deliveries",
    "apps/<slug:app>/<str:public_id>/<str:secret>/": "apps that can't sign: a secret in the address",
    "ecommerce:store": "Shopify, WooCommerce, PayPal: signed deliveries",
    "files:attachment": "files of personal e-mails: an unguessable token",
    "mail:share": "a signed token from an e-mail",
    "mail:web-version": "a signed token from an e-mail",
    "mail:public-version": "a signed token of a campaign",
    "mail:forward": "a signed token from an e-mail",
}

#: Pages that are not a model's own: (who may GET, who may POST).
PAGES: dict[str, tuple[str | None, str | None]] = {
    "admin:index": (ANYONE, ANYONE),
    "admin:search": (ANYONE, ANYONE),
    "admin:logout": (None, ANYONE),
    "admin:password_change": (ANYONE, ANYONE),
    "admin:password_change_done": (ANYONE, None),
    "admin:autocomplete": (None, None),  # asks per field: test_autocomplete
    "admin:view_on_site": (ANYONE, ANYONE),
    "admin:app_list": (V, V),
    "admin/(?P<url>.*)$": (ANYONE, ANYONE),
    "admin:auth_user_password_change": (M, M),
    "admin:contacts_contact_panel": (V, V),  # each verb asks for itself: test_panels
    "admin:contacts_contact_timeline": (V, V),
    "admin:contacts_contact_merge": (E, E),
    "admin:contacts_contact_export_person": (E, E),
    "admin:contacts_contact_erase": (E, E),
    "admin:contacts_account_panel": (V, V),  # each verb asks for itself: test_panels
    "admin:contacts_account_timeline": (V, V),
    "admin:deals_deal_panel": (V, V),  # each verb asks for itself: test_panels
    "admin:deals_deal_timeline": (V, V),
    "admin:contacts_appconnection_act": (ANYONE, M),  # GET only leads to the list
    "admin:ecommerce_store_act": (ANYONE, M),
    **dict.fromkeys(
        [f"admin:contacts_{job}job_{page}" for job in ("bulk", "export", "import") for page in ("status", "file")],
        (V, V),
    ),
    "admin:contacts_importjob_report": (V, V),
    "admin:contacts_importjob_stop": (E, E),
    **{f"admin:contacts_{job}job_change": (V, V) for job in ("bulk", "export", "import")},  # shows its progress
    "admin:automations_automation_open_builder": (V, V),
    "admin:automations_spreadsheet_try": (None, E),
    "admin:automations_spreadsheet_csv": (V, None),
    "admin:automations_automation_publish": (E, E),
    "admin:automations_automation_activate": (E, E),
    "admin:automations_automation_deactivate": (E, E),
    "admin:contacts_conversion_figures": (V, V),
    "admin:contacts_conversion_report": (V, V),
    "admin:automations_scorerule_give_to_all": (E, E),
    "automations:email-preview": (V, None),
    "automations:email-test": (None, E),
    "builder:list": (V, E),
    "builder:conditions-new": (V, None),
    "builder:conditions-check": (None, V),
    "builder:page": (V, None),
    **dict.fromkeys(
        [
            f"builder:{name}"
            for name in (
                *("rename", "undo", "redo", "discard", "publish", "activate", "backfill", "deactivate"),
                *("act", "add", "delete", "toggle", "duplicate", "move"),
            )
        ],
        (None, E),
    ),
    "builder:settings": (V, E),
    "builder:metrics": (V, None),
    "builder:people": (V, None),
    "builder:log": (V, None),
    "builder:pick": (E, None),
    "builder:build": (V, E),
    "builder:sentence": (None, V),  # says what the settings would mean, saves nothing
    "builder:probe": (None, V),
    "campaigns:list": (V, None),
    "campaigns:new": (E, E),
    "campaigns:start": (V, None),
    "campaigns:templates": (V, None),
    "campaigns:template-new": (E, E),
    "campaigns:template": (V, E),
    "campaigns:template-delete": (None, E),
    "campaigns:editor": (V, E),
    "campaigns:preview": (None, V),
    "campaigns:recipients": (None, V),
    "campaigns:test": (None, E),
    "campaigns:review": (E, E),
    "campaigns:duplicate": (None, E),
    "campaigns:delete": (None, E),
    "campaigns:keep": (None, E),
    "campaigns:report": (V, None),
    "campaigns:people": (V, None),
    "campaigns:act": (None, E),
    "personal:write": (E, E),
    "personal:thread": (V, None),
    "personal:sentiment": (None, E),
    "personal:mailboxes": (V, None),
    "personal:connect": (E, E),
    "personal:mailbox": (E, E),
    "personal:read": (None, E),
    "personal:delete": (None, E),
    "admin:contacts_contact_write_email": (E, E),
    "admin:contacts_objecttype_records": (V, V),
    "admin:contacts_objecttype_import_file": (E, E),
    "admin:contacts_objectrecord_timeline": (V, V),
    "personal:preview": (None, E),
    "health:page": (V, None),
    "deals:board": (V, None),
    "deals:pipeline": (V, None),
    "deals:first": (None, E),
    "deals:move": (None, E),
    "deals:status": (None, E),
    "deals:tasks": (V, None),
    "deals:complete": (None, E),
    "deals:reopen": (None, E),
}

#: Where an API action asks for something else than its method would (view, add, change, delete of its model).
API = {
    ("segments-preview", "post"): V,  # counts, saves nothing
    ("automations-backfill", "get"): E,  # how many it would add
    ("automations-contacts", "delete"): E,
    ("score-rules-give", "get"): E,  # how many it would change
    ("api-root", "get"): ANYONE,
    **{("token", verb): ANYONE for verb in ("get", "post", "delete")},  # one's own
    **{(f"{name}-contacts", "delete"): E for name in ("accounts", "deals", "lists", "tags")},
    **{(f"users-{page}", "get"): V for page in ("list", "detail")},
}
#: Models that API routes are about, where the viewset has no queryset.
ABOUT = {"account": "automations.account", "tracking": "contacts.trackingsettings"}


#: Pages of models that only lead on to another page, which asks who may.
LEAD_ON = {
    *("contacts_trackingsettings_changelist", "automations_account_changelist", "automations_account_history"),
    *("automations_conversionrule_changelist", "automations_scorerule_changelist"),
    *("authtoken_tokenproxy_history", "app_list"),
}
LEAD_ON |= {
    f"automations_{part}_{page}" for part in ("trigger", "step") for page in ("change", "delete", "history")
}
LEAD_ON |= {
    f"automations_{part._meta.model_name}_{page}"
    for part in (*TRIGGERS, *STEPS)
    for page in ("changelist", "add", "delete")
}


def expected(route: Route, method: str) -> str | None:
    """Who is let in; None where there is no such method."""
    if route.name in PAGES:
        return {"get": PAGES[route.name][0], "post": PAGES[route.name][1]}.get(method)
    if route.viewset is not None:
        return _api(route, method)
    found = _admin(route)
    assert found is not None, f"{route.name}: say in PAGES or PUBLIC who may"
    return found[0 if method == "get" else 1]


def _api(route: Route, method: str) -> str | None:
    if method not in route.actions:
        return None
    if (route.name, method) in API:
        return API[route.name, method]
    model = _model(route)
    if method == "get":
        return V
    managed = model._meta.model_name in FOR_MANAGERS or model._meta.label_lower == "automations.account"
    kept = method == "delete" and model._meta.model_name in KEPT_FROM_EDITORS
    return M if managed or kept else E


def _model(route: Route):
    if route.name in ABOUT:
        return apps.get_model(ABOUT[route.name])
    if route.viewset.queryset is not None:
        return route.viewset.queryset.model
    return apps.get_model("automations.automation")  # the catalogue of types


def _admin(route: Route) -> tuple[str, str] | None:
    """A model's own pages. What a ModelAdmin offers to nobody is nobody's."""
    for model, its in admin.site._registry.items():
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        page = route.name.removeprefix(label)
        if page == route.name:
            continue
        managed = model._meta.model_name in FOR_MANAGERS or model._meta.label_lower == "automations.account"
        ours = model._meta.app_label in BUSINESS_APPS
        look, edit = (V if ours else M), (E if ours and not managed else M)
        delete = M if not ours or managed or model._meta.model_name in KEPT_FROM_EDITORS else E
        who = {"changelist": (look, look), "history": (look, look), "change": (look, edit)}
        who |= {"add": (edit, edit), "delete": (delete, delete)}
        if page not in who:
            return None
        get, post = who[page]
        return _offered(its, page, get, "get"), _offered(its, page, post, "post")
    return None


def _offered(its: ModelAdmin, page: str, who: str, method: str) -> str:
    writes = method == "post" and page == "change"
    verb = {"add": "add", "delete": "delete"}.get(page, "change" if writes else "view")
    request = RequestFactory().get("/")
    request.user = UserFactory.build(is_superuser=True)
    return who if getattr(its, f"has_{verb}_permission")(request) else ""


# --- The tests -----------------------------------------------------------------------------------


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are not drawn: who may see them is decided before, and drawing them takes 99 % of the time."""
    monkeypatch.setattr("django.template.response.SimpleTemplateResponse.rendered_content", "")
    monkeypatch.setattr("django.template.loader.render_to_string", lambda *args, **kwargs: "")
    monkeypatch.setattr("django.template.base.Template.render", lambda *args, **kwargs: "")


@pytest.fixture
def clients(db: None) -> dict[str, Client]:
    clients = {"anonymous": Client()}
    for who in ROLES:
        user = UserFactory(username=who)
        if who != "nobody":
            user.groups.add(Group.objects.get(name=who))
        clients[who] = Client()
        clients[who].force_login(user)
    return clients


PRIVATE = [route for route in ROUTES.values() if route.name not in PUBLIC]


def test_every_entry_is_of_a_route():
    names = {route.name for route in ROUTES.values()}
    assert sorted({*PUBLIC, *PAGES, *(name for name, _method in API)} - names) == []


def test_every_route_has_an_entry():
    for route in PRIVATE:
        for method in ("get", "post"):
            expected(route, method)


def _kind(route: Route) -> object:
    """The same for the same page of two types of triggers, or of steps."""
    its = getattr(route.view, "model_admin", None)
    for base in (TriggerChildAdmin, StepChildAdmin):
        if isinstance(its, base):
            return base, route.name.rpartition("_")[2]
    return route.name


def _some_record(self: ModelAdmin, request, object_id, from_field=None):
    """So that a page which asks after it has sought the record shows what it does with one."""
    return self.model(pk=1)


def _wrong(clients: dict[str, Client], route: Route, method: str) -> list[str]:
    """What is not as it should be, in words."""
    may, wrong = expected(route, method), []
    for who, client in clients.items():
        body = {"data": "{}", "content_type": "application/json"} if route.viewset and method != "get" else {}
        refused = who in ROLES and ROLES[who] not in (may or "")
        with taken_back(), pytest.MonkeyPatch.context() as patch:
            if refused:
                patch.setattr(ModelAdmin, "get_object", _some_record)
            status = getattr(client, method)(route.path, **body).status_code
        lead_on = {302, 404, 405} if route.name.removeprefix("admin:") in LEAD_ON else set()
        if who == "anonymous":
            right = {401} if route.viewset else {302} if may else {302, 405}
        elif may is None:
            right = {403, 405, 415}
        else:
            right = LET_IN if ROLES[who] in may else {403} | lead_on
        if status not in right:
            wrong.append(f"{method} {route.path} ({route.name}) for {who}: {status}, not {sorted(right)}")
    return wrong


@pytest.fixture
def records(db: None) -> None:
    """Of what is sought before it is known what is asked for, there is one."""
    automation = Automation.objects.create(pk=VALUES["pk"], name="A")
    TagAddedTrigger.objects.create(automation=automation, key=VALUES["key"])
    Campaign.objects.create(pk=VALUES["pk"], name="C")
    EmailTemplate.objects.create(pk=VALUES["pk"], name="T")
    ScoreRule.objects.create(pk=VALUES["pk"], score=Score.objects.create(name="S"), points=1)


@pytest.mark.parametrize(
    ("area", "method"),
    [
        *((area, method) for area in ("admin", "pages") for method in ("get", "post")),
        *(("api", method) for method in ("get", "post", "patch", "delete")),
    ],
)
def test_who_is_let_in(quickly, clients, records, area, method):
    wrong = []
    seen = set()
    for route in PRIVATE:
        kind = _kind(route)
        if kind in seen:
            continue  # fifty types with the same pages: one of them is asked
        seen.add(kind)
        place = route.pattern.partition("/")[0]
        if area == (place if place in ("admin", "api") else "pages") and route.name != "admin:logout":
            wrong += _wrong(clients, route, method)
    if wrong:
        pytest.fail("\n".join(wrong))


@pytest.mark.parametrize(
    ("page", "make", "verbs"),
    [
        ("contacts_contact", lambda: ContactFactory(), {**section_verbs(Contact), **person.VERBS}),
        ("contacts_account", lambda: create_account(name="A"), {**section_verbs(Account), **accounts.VERBS}),
        ("deals_deal", make_deal, panel.VERBS),
    ],
)
def test_panels(clients, page, make, verbs):
    """Each button of a panel asks for a permission of its own."""
    record = make()
    for verb in verbs:
        answer = clients["viewer"].post(reverse(f"admin:{page}_panel", args=[record.pk]), {"do": verb})
        assert answer.status_code == 403, verb


def test_unsafe_requests_need_the_csrf_token(quickly, manager):
    """Of pages and of the API alike, where the session says who it is. What is public has no session."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)
    for route in PRIVATE:
        if "post" in route.actions if route.viewset else expected(route, "post"):
            answer = client.post(route.path)
            assert answer.status_code in (403, 404, 405), (route.name, answer.status_code)
            assert answer.status_code == 403 or route.name in LEAD_ON, (route.name, answer.status_code)


WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


def test_looking_changes_nothing(quickly, clients, records):
    """A link from elsewhere can't act: no page writes when it is only asked for, whoever is logged in."""
    wrong = []
    TrackingSettings.current()  # the account's settings are made when they are first asked for
    AccountSettings.current()
    Automation.objects.update(is_active=True)
    for route in PRIVATE:
        if expected(route, "get") is None:
            continue
        with taken_back(), CaptureQueriesContext(connection) as captured:
            clients["manager"].get(route.path)
        # A message of what is not there stands in the session.
        written = [
            sql[:120] for row in captured if WRITES.match(sql := row["sql"]) and "django_session" not in sql
        ]
        wrong += [f"{route.name}: {sql}" for sql in written]
    assert wrong == []


def test_only_public_addresses_do_without_a_csrf_token():
    """The API's views have it checked by SessionAuthentication, which the test above sees."""
    exempt = {r.name for r in ROUTES.values() if getattr(r.view, "csrf_exempt", False) and r.viewset is None}
    assert sorted(exempt - set(PUBLIC)) == []


def test_autocomplete_shows_nobody_what_they_may_not_see(clients):
    query = {"app_label": "deals", "model_name": "deal", "field_name": "owner", "term": "a"}
    for who, status in {"anonymous": 302, "nobody": 403, "viewer": 403, "manager": 200}.items():
        answer = clients[who].get(reverse("admin:autocomplete"), query)
        assert answer.status_code == status, who
