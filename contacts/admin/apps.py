"""Connected apps: how to connect them, what they delivered, and what is known of them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from contacts.connectors import CONNECTORS
from contacts.encryption import Unreadable
from contacts.models import AppConnection, AppDelivery, AppReceipt, AppSource
from contacts.services import apps as services
from contacts.services.apps import webhook_address

from .base import BaseAdmin, ShownOnly, messages_of, styled
from .labels import count_of

RECENT = 10
KNOWN = 50
SHOW_SECRET = "app_connection_to_show"  # noqa: S105 the name of a session key


class ConnectionForm(forms.ModelForm):
    app = forms.ChoiceField(label=gettext_lazy("App"))
    new_secret = forms.CharField(label=gettext_lazy("Secret"), required=False, strip=True)
    new_token = forms.CharField(label=gettext_lazy("API token"), required=False, strip=True, max_length=4_000)

    class Meta:
        model = AppConnection
        fields = ["app", "name", "is_active", "lists", "tags"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "app" not in self.fields:
            return
        new = self.instance._state.adding
        self.fields["app"].choices = CONNECTORS.choices() if new else _choice(self.instance.app)  # type: ignore[attr-defined]  # a choice
        self.fields["new_secret"].help_text = (
            _("Leave it empty: a random one is made, and shown once after you save.")
            if new
            else _("One is stored; it is not shown again. Fill this in to replace it.")
        )
        connector = CONNECTORS.get(self.instance.app)
        if connector is not None and not connector.lists_sources:
            del self.fields["new_token"]
        else:
            self.fields["new_token"].help_text = (
                _("One is stored; it is not shown again. Fill this in to replace it.")
                if self.instance.token
                else _("For reading your meeting types or forms from the app.")
            )
        for name in ("new_secret", "new_token"):
            if name in self.fields:
                self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        styled(self)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        connector, secret = CONNECTORS.get(data.get("app", "")), data.get("new_secret")
        if connector is not None and secret:
            try:
                connector.check_secret(secret)
            except ValidationError as error:
                self.add_error("new_secret", error)
        return data


def _choice(app: str) -> list[tuple[str, str]]:
    return [choice for choice in CONNECTORS.choices() if choice[0] == app]


@admin.register(AppConnection)
class AppConnectionAdmin(BaseAdmin):
    form = ConnectionForm
    list_display = ["name", "app_name", "is_active", "known", "last_delivery", "troubles"]
    search_fields = ["name"]
    fields = ["app", "name", "new_secret", "new_token", "is_active", "lists", "tags"]
    autocomplete_fields = ["lists", "tags"]
    list_before_template = "admin/contacts/app_choice.html"
    change_form_outer_before_template = "admin/contacts/app_setup.html"
    change_form_outer_after_template = "admin/contacts/app_activity.html"

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        act = path("<int:object_id>/act/", wrap(self.act_view), name="contacts_appconnection_act")
        return [act, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        failed = AppDelivery.objects.filter(outcome=AppDelivery.Outcome.FAILED)
        return (
            super()
            .get_queryset(request)
            .annotate(
                sources_n=count_of(AppSource.objects.all(), "connection"),
                failed_n=count_of(failed, "connection"),
                last_at=Max("deliveries__received_at"),
            )
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        names = list(self.fields or ())
        if not self.has_change_permission(request):
            return [name for name in names if not name.startswith("new_")]
        connector = CONNECTORS.get(obj.app) if obj else None
        return [name for name in names if name != "new_token" or connector is None or connector.lists_sources]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        connector = CONNECTORS.get(str(initial.get("app", "")))
        return {"name": connector.label, **initial} if connector else initial

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        known = dict(AppConnection.objects.values_list("app", "pk"))
        apps = [{"connector": one, "connected": one.slug in known} for one in CONNECTORS]
        may_add = self.has_add_permission(request)
        return super().changelist_view(request, {**(extra_context or {}), "apps": apps, "may_add": may_add})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        connection = kwargs.get("obj")
        if connection is not None:
            context |= self._panel(request, connection)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: AppConnection, form: Any, change: bool) -> None:
        given = form.cleaned_data
        values = {name: given[name] for name in ("app", "name", "is_active")}
        values |= {"secret": given.get("new_secret", ""), "token": given.get("new_token", "")}
        services.save_connection(connection=obj, values=values)
        if not change or given.get("new_secret"):
            request.session[SHOW_SECRET] = obj.pk

    def response_add(
        self, request: HttpRequest, obj: AppConnection, post_url_continue: Any = None
    ) -> HttpResponse:
        self.message_user(request, _("The connection is made. Follow the steps below."), messages.SUCCESS)
        return self.to_change(obj.pk)

    def response_change(self, request: HttpRequest, obj: AppConnection) -> Any:
        if request.session.get(SHOW_SECRET) == obj.pk:
            return self.to_change(obj.pk)
        return super().response_change(request, obj)

    def act_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The page's buttons: connect, read the sources, take a delivery in again. POST `do`."""
        connection = self.get_object(request, str(object_id))
        if connection is None or request.method != "POST":
            return self.to_list()
        if not self.has_change_permission(request, connection):
            raise PermissionDenied
        try:
            self._act(request, connection)
        except ValidationError as error:
            self.tell(request, error)
        return self.to_change(object_id)

    def _act(self, request: HttpRequest, connection: AppConnection) -> None:
        wanted = request.POST.get("do")
        if wanted == "connect":
            services.subscribe_app(connection=connection)
            self.message_user(request, _("Connected: deliveries will come here."), messages.SUCCESS)
        if wanted in ("connect", "read"):
            count = services.refresh_sources(connection=connection)
            text = ngettext("%d was read.", "%d were read.", count) % count
            self.message_user(request, text, messages.SUCCESS)
        if wanted == "replay":
            number = request.POST.get("delivery", "")
            delivery = connection.deliveries.filter(pk=int(number) if number.isdecimal() else 0).first()
            tell_replay(self, request, [delivery] if delivery else [])

    def _panel(self, request: HttpRequest, connection: AppConnection) -> dict[str, Any]:
        connector = CONNECTORS[connection.app]
        may = self.has_change_permission(request, connection)
        shown = may and request.session.get(SHOW_SECRET) == connection.pk
        if shown:
            del request.session[SHOW_SECRET]
        hidden = "•" * 8
        # Nobody pastes what the app is told by its API, or what is in the address.
        paste = not connector.subscribes and not connector.secret_in_address
        sources = connection.sources.annotate(n=count_of(AppReceipt.objects.all(), "app_source"))
        return {
            "connector": connector,
            "address": webhook_address(connection, secret=connection.secret if shown else hidden),
            "secret_once": connection.secret if shown and paste else "",
            "secret_shown": shown and (paste or connector.secret_in_address),
            "unreadable": isinstance(connection.secret, Unreadable),
            "may_change": may,
            "has_token": bool(connection.token),
            "act_url": self.url("act", connection.pk),
            "sources": list(sources[:KNOWN]),
            "recent": list(connection.deliveries.select_related("contact")[:RECENT]),
        }

    @display(description=gettext_lazy("app"), ordering="app")
    def app_name(self, connection: AppConnection) -> str:
        return CONNECTORS[connection.app].label

    @display(description=gettext_lazy("known"))
    def known(self, connection: Any) -> str:
        return f"{connection.sources_n}"

    @display(description=gettext_lazy("last delivery"), ordering="last_at")
    def last_delivery(self, connection: Any) -> Any:
        return connection.last_at

    @display(description=gettext_lazy("failed"))
    def troubles(self, connection: Any) -> str:
        return f"{connection.failed_n}"


@admin.register(AppSource)
class AppSourceAdmin(BaseAdmin):
    list_display = ["name", "connection", "external_id", "receipts_n", "created_at"]
    list_select_related = ["connection"]
    list_filter = [("connection", RelatedDropdownFilter)]
    search_fields = ["name", "external_id"]
    fields = ["connection", "external_id", "name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(n=count_of(AppReceipt.objects.all(), "app_source"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["connection", "external_id"] if obj else []

    @display(description=gettext_lazy("received"))
    def receipts_n(self, source: Any) -> str:
        return f"{source.n}"


@admin.register(AppDelivery)
class AppDeliveryAdmin(ShownOnly, BaseAdmin):
    """What came, as it came. To be looked at, and taken in again where it failed."""

    list_display = ["received_at", "connection", "outcome", "short_error", "contact"]
    list_select_related = ["connection", "contact"]
    list_filter = [("connection", RelatedDropdownFilter), ("outcome", ChoicesDropdownFilter)]
    search_fields = ["external_id", "contact__email"]
    ordering = ["-id"]
    fields = ["connection", "external_id", "received_at", "outcome", "error", "contact", "content"]
    actions = ["take_in_again"]

    @admin.action(description=gettext_lazy("Take in again"), permissions=["replay"])
    def take_in_again(self, request: HttpRequest, queryset: Any) -> None:
        tell_replay(self, request, list(queryset.order_by("pk")[:1_000]))

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contacts.change_appdelivery")

    @display(description=gettext_lazy("error"))
    def short_error(self, delivery: AppDelivery) -> str:
        return delivery.error if len(delivery.error) <= 80 else f"{delivery.error[:79]}…"

    @display(description=gettext_lazy("content"))
    def content(self, delivery: AppDelivery) -> str:
        return format_html('<pre class="whitespace-pre-wrap break-all">{}</pre>', delivery.body or "–")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AppReceipt)
class AppReceiptAdmin(ShownOnly, BaseAdmin):
    """Facts: to be looked at only."""

    list_display = ["app_source", "contact", "at"]
    list_select_related = ["app_source", "contact"]
    list_filter = [("app_source", RelatedDropdownFilter)]
    search_fields = ["contact__email"]
    ordering = ["-id"]
    fields = ["app_source", "contact", "at", "data"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def tell_replay(page: BaseAdmin, request: HttpRequest, deliveries: list[AppDelivery]) -> None:
    """Take deliveries in again and say what became of them."""
    good = 0
    for delivery in deliveries:
        try:
            outcome = services.replay_delivery(delivery=delivery)
        except ValidationError as error:
            page.message_user(request, f"{delivery}: {' '.join(messages_of(error))}", messages.ERROR)
            continue
        if outcome == AppDelivery.Outcome.FAILED:
            delivery.refresh_from_db()
            page.message_user(request, f"{delivery}: {delivery.error}", messages.ERROR)
        else:
            good += 1
    if good:
        text = ngettext("%d delivery was taken in.", "%d deliveries were taken in.", good) % good
        page.message_user(request, text, messages.SUCCESS)
