"""Stores: how to connect them, what they delivered, and how carts are abandoned."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from contacts.admin.base import BaseAdmin, styled
from contacts.admin.labels import count_of
from contacts.encryption import Unreadable
from ecommerce.connectors import STORES
from ecommerce.models import Cart, Customer, Order, Store, WebhookDelivery
from ecommerce.services import save_store, webhook_address

from .base import kind_label
from .deliveries import tell_replay

RECENT = 10
SHOW_SECRET = "store_to_show"  # noqa: S105 the name of a session key
FIELDS = ["kind", "name", "domain", "new_secret", "is_active", "abandonment", "abandonment_hours", "lists"]


class StoreForm(forms.ModelForm):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    new_secret = forms.CharField(required=False, strip=True, max_length=200)

    class Meta:
        model = Store
        fields = [name for name in FIELDS if name != "new_secret"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" not in self.fields:
            return
        new = self.instance._state.adding
        kind: Any = self.fields["kind"]
        kind.choices = [one for one in STORES.choices() if new or one[0] == self.instance.kind]
        if "new_secret" in self.fields:
            self._ask_for_secret(STORES.get(self.instance.kind))
        styled(self)

    def _ask_for_secret(self, connector: Any) -> None:
        field = self.fields["new_secret"]
        field.label = connector.secret_label if connector else _("Signing key, secret or webhook ID")
        field.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        stored = _("One is stored; it is not shown again. Fill this in to replace it.")
        made = _("Leave it empty for WooCommerce: a random one is made, and shown once after you save.")
        field.help_text = stored if self.instance.secret else "" if connector else made

    def clean(self) -> dict[str, Any]:
        """As the service checks it, so that what is wrong stands beside its field."""
        data = super().clean() or {}
        connector, secret = STORES.get(data.get("kind", "")), data.get("new_secret")
        if connector is not None and secret and connector.secret_label:
            try:
                connector.check_secret(secret)
            except ValidationError as error:
                self.add_error("new_secret", error)
        elif secret:
            self.add_error("new_secret", _("This kind of store has no secret."))
        if connector is not None and connector.has_domain and not data.get("domain"):
            self.add_error(
                "domain", _("Give the shop's domain, such as example.myshopify.com or shop.example.com.")
            )
        return data


@admin.register(Store)
class StoreAdmin(BaseAdmin):
    form = StoreForm
    list_display = ["name", "kind_name", "is_active", "orders_n", "last_delivery", "troubles"]
    search_fields = ["name", "domain"]
    autocomplete_fields = ["lists"]
    list_before_template = "admin/ecommerce/store_choice.html"
    change_form_outer_before_template = "admin/ecommerce/store_setup.html"
    change_form_outer_after_template = "admin/ecommerce/store_activity.html"

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        act = path("<int:object_id>/act/", wrap(self.act_view), name="ecommerce_store_act")
        return [act, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        failed = WebhookDelivery.objects.filter(outcome=WebhookDelivery.Outcome.FAILED)
        latest = WebhookDelivery.objects.filter(store=OuterRef("pk")).order_by("-received_at")
        return (
            super()
            .get_queryset(request)
            .annotate(
                n=count_of(Order.objects.exclude(external_id=""), "store"),
                failed_n=count_of(failed, "store"),
                last_at=Subquery(latest.values("received_at")[:1]),
            )
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        connector = STORES.get(obj.kind) if obj else None
        left_out = set() if self.has_change_permission(request) else {"new_secret"}
        if connector is not None:
            left_out |= set() if connector.secret_label else {"new_secret"}
            left_out |= set() if connector.has_domain else {"domain"}
            left_out |= set() if connector.has_orders else {"abandonment", "abandonment_hours"}
        return [name for name in FIELDS if name not in left_out]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        connector = STORES.get(str(initial.get("kind", "")))
        return {"name": connector.label, **initial} if connector else initial

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        known = set(Store.objects.values_list("kind", flat=True))
        kinds = [{"connector": one, "connected": one.slug in known} for one in STORES]
        may_add = self.has_add_permission(request)
        return super().changelist_view(request, {**(extra_context or {}), "kinds": kinds, "may_add": may_add})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        store = kwargs.get("obj")
        if store is not None:
            context |= self._panel(request, store)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        given = form.cleaned_data
        values = {name: given[name] for name in FIELDS if name in given and name not in ("new_secret", "lists")}
        stored = Store.objects.get(pk=obj.pk) if change else Store()
        save_store(store=stored, values={**values, "secret": given.get("new_secret", "")})
        obj.pk, obj.public_id, obj.domain, obj.secret = stored.pk, stored.public_id, stored.domain, stored.secret
        obj._state.adding = False
        if STORES[obj.kind].makes_secret and (not change or given.get("new_secret")):
            request.session[SHOW_SECRET] = obj.pk

    def response_add(self, request: HttpRequest, obj: Store, post_url_continue: Any = None) -> HttpResponse:
        self.message_user(request, _("The store is made. Follow the steps below."), messages.SUCCESS)
        return self.to_change(obj.pk)

    def response_change(self, request: HttpRequest, obj: Store) -> Any:
        if request.session.get(SHOW_SECRET) == obj.pk:
            return self.to_change(obj.pk)
        return super().response_change(request, obj)

    def act_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The page's button: take a delivery in again. POST `delivery`."""
        store = self.get_object(request, str(object_id))
        if store is None or request.method != "POST":
            return self.to_list()
        if not request.user.has_perm("ecommerce.change_webhookdelivery"):
            raise PermissionDenied
        number = request.POST.get("delivery", "")
        row = store.deliveries.filter(pk=int(number) if number.isdecimal() and len(number) < 19 else 0).first()
        tell_replay(self, request, [row] if row else [])
        return self.to_change(object_id)

    def _panel(self, request: HttpRequest, store: Store) -> dict[str, Any]:
        connector = STORES[store.kind]
        may = self.has_change_permission(request, store)
        shown = may and request.session.get(SHOW_SECRET) == store.pk
        if shown:
            del request.session[SHOW_SECRET]
        return {
            "connector": connector,
            "address": webhook_address(store),
            "secret_once": store.secret if shown else "",
            "unreadable": isinstance(store.secret, Unreadable),
            "lacks_secret": bool(connector.secret_label) and not store.secret,
            "may_change": may,
            "act_url": self.url("act", store.pk),
            "recent": list(store.deliveries.select_related("contact")[:RECENT]),
            "figures": _figures(store) if connector.has_orders else [],
        }

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_name(self, store: Store) -> str:
        return str(kind_label(store.kind))

    @display(description=gettext_lazy("orders"))
    def orders_n(self, store: Any) -> str:
        return f"{store.n}"

    @display(description=gettext_lazy("last delivery"), ordering="last_at")
    def last_delivery(self, store: Any) -> Any:
        return store.last_at

    @display(description=gettext_lazy("failed"))
    def troubles(self, store: Any) -> str:
        return f"{store.failed_n}"


def _figures(store: Store) -> list[tuple[str, int]]:
    carts = Cart.objects.filter(store=store)
    return [
        (_("Orders"), Order.objects.filter(store=store).exclude(external_id="").count()),
        (_("Customers"), Customer.objects.filter(store=store).count()),
        (_("Open carts"), carts.filter(external_id="", abandoned_at=None).count()),
        (_("Abandoned carts"), carts.filter(abandoned_at__isnull=False).count()),
        (_("Recovered carts"), carts.filter(recovered_at__isnull=False).count()),
    ]
