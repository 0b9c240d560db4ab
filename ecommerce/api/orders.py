"""/orders/, /carts/, /store-customers/ and /recurring-payments/, as they are here."""

from typing import Any

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.base import ReadOnlyViewSet
from contacts.api.filters import MomentFilter
from contacts.api.strict import StrictSerializer
from contacts.models import Contact
from contacts.values import clean_email
from ecommerce.connectors import STORES
from ecommerce.drafts import CustomerDraft, ItemDraft, PaymentDraft
from ecommerce.models import (
    Cart,
    Customer,
    CustomerSpending,
    Order,
    OrderDiscount,
    OrderItem,
    OrderStatus,
    OrderStatusChange,
    PaymentStatus,
    PaymentStatusChange,
    RecurringPayment,
    Store,
)
from ecommerce.services import save_payment

from .stores import OfStoreFilter


class OfContactFilter(OfStoreFilter):
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )


class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrderItem
        fields = ["product", "name", "sku", "quantity", "price"]


class DiscountSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrderDiscount
        fields = ["name", "kind", "amount"]


class StatusChangeSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrderStatusChange
        fields = ["old", "new", "store_status", "at", "source"]


COMMON = [
    "id", "store", "number", "customer", "contact", "email", "currency", "total", "shipping", "tax", "discount",
    "url", "placed_at", "historical",
]  # fmt: skip


class OrderSerializer(serializers.ModelSerializer):
    items = ItemSerializer(many=True)
    discounts = DiscountSerializer(many=True)
    status_changes = StatusChangeSerializer(many=True)

    class Meta:
        model = Order
        fields = [
            *COMMON, "external_id", "checkout_id", "status", "store_status", "items", "discounts",
            "status_changes",
        ]  # fmt: skip
        read_only_fields = fields


class OrderFilter(OfContactFilter):
    status = django_filters.MultipleChoiceFilter(choices=OrderStatus.choices)
    placed_from = MomentFilter(field_name="placed_at", lookup_expr="gte")
    placed_to = MomentFilter(field_name="placed_at", lookup_expr="lt", help_text="Before this moment.")
    external_id = django_filters.CharFilter(help_text="The store's id.")

    class Meta:
        model = Order
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Orders, newest first", description="Shops send them to `/ecomOrders/`."),
    retrieve=extend_schema(summary="One order"),
)
class OrderViewSet(ReadOnlyViewSet):
    queryset = Order.objects.exclude(external_id="").prefetch_related("items", "discounts", "status_changes")
    serializer_class = OrderSerializer
    filterset_class = OrderFilter


class CartSerializer(serializers.ModelSerializer):
    items = ItemSerializer(many=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Cart
        fields = [*COMMON, "checkout_id", "items", "state", "active_at", "abandoned_at", "recovered_at"]
        read_only_fields = fields

    def get_state(self, cart: Cart) -> str:
        if cart.recovered_at:
            return "recovered"
        return "abandoned" if cart.abandoned_at else "open"


class CartFilter(OfContactFilter):
    state = django_filters.ChoiceFilter(
        method="by_state", choices=[(name, name) for name in ("open", "abandoned", "recovered")]
    )

    class Meta:
        model = Cart
        fields: list[str] = []

    def by_state(self, queryset: Any, name: str, value: str) -> Any:
        wanted = {
            "open": Q(external_id="", abandoned_at=None),
            "abandoned": Q(external_id="", abandoned_at__isnull=False),
            "recovered": Q(recovered_at__isnull=False),
        }
        return queryset.filter(wanted[value])


@extend_schema_view(
    list=extend_schema(summary="Carts that are open, abandoned or recovered, newest first"),
    retrieve=extend_schema(summary="One cart"),
)
class CartViewSet(ReadOnlyViewSet):
    queryset = Cart.objects.prefetch_related("items")
    serializer_class = CartSerializer
    filterset_class = CartFilter


class SpendingSerializer(serializers.ModelSerializer):
    class Meta:
        model = CustomerSpending
        fields = ["currency", "spent"]


class CustomerSerializer(serializers.ModelSerializer):
    spending = SpendingSerializer(many=True)

    class Meta:
        model = Customer
        fields = [
            "id", "store", "external_id", "contact", "email", "first_name", "last_name", "accepts_marketing",
            "orders_count", "spending", "first_order_at", "last_order_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class CustomerFilter(OfContactFilter):
    class Meta:
        model = Customer
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Customers of stores, newest first"),
    retrieve=extend_schema(summary="One customer"),
)
class CustomerViewSet(ReadOnlyViewSet):
    queryset = Customer.objects.prefetch_related("spending")
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter


class PaymentChangeSerializer(serializers.ModelSerializer):
    class Meta:
        model = PaymentStatusChange
        fields = ["old", "new", "store_status", "at", "source"]


class PaymentSerializer(serializers.ModelSerializer):
    status_changes = PaymentChangeSerializer(many=True)

    class Meta:
        model = RecurringPayment
        fields = [
            "id", "store", "external_id", "customer", "contact", "product", "email", "name", "status",
            "store_status", "currency", "amount", "every", "unit", "started_at", "next_at", "ended_at",
            "historical", "status_changes",
        ]  # fmt: skip
        read_only_fields = fields


class PaymentInputSerializer(StrictSerializer):
    """What is left out stays as it is, but for the status."""

    store = serializers.PrimaryKeyRelatedField(queryset=Store.objects.all())
    external_id = serializers.CharField(max_length=255, help_text="The shop's own id.")
    email = serializers.CharField(max_length=254)
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    name = serializers.CharField(max_length=250, required=False, default="", allow_blank=True)
    product = serializers.CharField(
        max_length=255, required=False, default="", allow_blank=True, help_text="The shop's id of the product."
    )
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, default="", allow_blank=True)
    amount = serializers.DecimalField(
        max_digits=15, decimal_places=2, min_value=0, required=False, default=None, allow_null=True
    )
    every = serializers.IntegerField(min_value=1, max_value=1_000, required=False, default=None, allow_null=True)
    unit = serializers.ChoiceField(
        choices=RecurringPayment.Unit.choices, required=False, default="", allow_blank=True
    )
    started_at = serializers.DateTimeField(required=False, default=None, allow_null=True)
    next_at = serializers.DateTimeField(required=False, default=None, allow_null=True)
    ended_at = serializers.DateTimeField(required=False, default=None, allow_null=True)
    changed_at = serializers.DateTimeField(
        required=False, default=None, allow_null=True,
        help_text="When it became like this; an older state never overwrites a newer one. Left out: now.",
    )  # fmt: skip
    historical = serializers.BooleanField(required=False, default=False, help_text="Nothing is started by it.")

    def validate_store(self, store: Store) -> Store:
        if not STORES[store.kind].api_orders:
            raise serializers.ValidationError(_("The recurring payments of this store come by its webhooks."))
        return store

    def validate_email(self, value: str) -> str:
        return clean_email(value)


class PaymentFilter(OfContactFilter):
    status = django_filters.MultipleChoiceFilter(choices=PaymentStatus.choices)

    class Meta:
        model = RecurringPayment
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Recurring payments, newest first"),
    retrieve=extend_schema(summary="One recurring payment"),
)
class PaymentViewSet(ReadOnlyViewSet):
    queryset = RecurringPayment.objects.prefetch_related("status_changes")
    serializer_class = PaymentSerializer
    filterset_class = PaymentFilter

    @extend_schema(
        summary="Add or change a recurring payment of a shop that speaks to the API",
        description="The same `store` and `external_id` is the same payment.",
        request=PaymentInputSerializer,
        responses={200: PaymentSerializer},
    )
    def create(self, request: Request) -> Response:
        serializer = PaymentInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(serializer.validated_data)
        store, product, email = given.pop("store"), given.pop("product"), given.pop("email")
        draft = PaymentDraft(
            version=given.pop("changed_at") or timezone.now(),
            customer=CustomerDraft(email=email),
            product=ItemDraft(product, product[:250]) if product else None,
            **given,
        )
        taken = save_payment(store=store, draft=draft)
        row = self.get_queryset().get(pk=taken.order_id)
        return Response(PaymentSerializer(row).data, status=status.HTTP_200_OK)
