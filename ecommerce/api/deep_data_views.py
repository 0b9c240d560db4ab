"""The endpoints of `deep_data`: each takes and gives its shape within one name, as `{"ecomOrder": {...}}`."""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view, inline_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.base import ApiViewSet
from contacts.api.errors import django_fields, flatten
from ecommerce.drafts import CustomerDraft
from ecommerce.models import Customer, Order, Store
from ecommerce.services import customers_for, save_orders, save_store

from .deep_data import (
    ConnectionShape,
    CustomerShape,
    OrderShape,
    connection_shape,
    customer_shape,
    customers_named,
    order_draft,
    order_shape,
)

MAX_BULK = 1_000


@cache
def wrapped(name: str, shape: type[serializers.Serializer], many: bool = False) -> Any:
    """The shape within its name, for the schema; one and the same each time."""
    label = f"{name[:1].upper()}{name[1:]}{'List' if many else ''}Body"
    return inline_serializer(label, {name: shape(many=many)})


def unwrap(request: Request, name: str) -> Any:
    given = request.data
    if not isinstance(given, Mapping) or set(given) != {name}:
        raise serializers.ValidationError({name: [_("Give one object: {“%s”: {…}}.") % name]})
    return given[name]


class ShapeViewSet(ApiViewSet):
    """POST, GET and PUT of one shape."""

    http_method_names = ["get", "post", "put", "head", "options"]
    envelope: ClassVar[str]
    shape: ClassVar[type[serializers.Serializer]]

    def create(self, request: Request) -> Response:
        record = self.save(self.checked(unwrap(request, self.envelope)))
        return Response({self.envelope: self.shown(record)}, status=status.HTTP_201_CREATED)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response({self.envelope: self.shown(self.get_object())})

    def update(self, request: Request, pk: str) -> Response:
        """What is left out stays as it is."""
        record, given = self.get_object(), unwrap(request, self.envelope)
        if not isinstance(given, Mapping):
            raise serializers.ValidationError({self.envelope: [_("Give an object.")]})
        known = {name: value for name, value in self.shown(record).items() if name in self.shape().fields}
        self.keep(known, given)
        return Response({self.envelope: self.shown(self.save(self.checked({**known, **given}), record))})

    def checked(self, given: Any) -> dict[str, Any]:
        serializer = self.shape(data=given)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def keep(self, known: dict[str, Any], given: Mapping[str, Any]) -> None:
        """Refuse what can't be changed; leave out what isn't to be said again."""
        if "connectionid" in given and str(given["connectionid"]) != known["connectionid"]:
            raise serializers.ValidationError({"connectionid": [_("It can't be changed later.")]})

    def shown(self, record: Any) -> dict[str, Any]:
        raise NotImplementedError  # each endpoint has its own

    def save(self, given: dict[str, Any], record: Any = None) -> Any:
        raise NotImplementedError  # each endpoint has its own


@extend_schema_view(
    create=extend_schema(
        summary="Add or change an order or a cart",
        description="The same `externalid` (or `externalcheckoutid`) of a connection is the same order.",
        request=wrapped("ecomOrder", OrderShape),
        responses={201: wrapped("ecomOrder", OrderShape)},
    ),
    retrieve=extend_schema(summary="One order or cart", responses={200: wrapped("ecomOrder", OrderShape)}),
    update=extend_schema(
        summary="Change an order or a cart; with an `externalid`, a cart becomes an order",
        request=wrapped("ecomOrder", OrderShape),
        responses={200: wrapped("ecomOrder", OrderShape)},
    ),
)
class EcomOrderViewSet(ShapeViewSet):
    queryset = Order.objects.prefetch_related("items__product__categories", "discounts")
    envelope, shape = "ecomOrder", OrderShape
    action_permissions = {"bulk": ["ecommerce.add_order"]}

    def shown(self, record: Order) -> dict[str, Any]:
        return order_shape(record)

    def keep(self, known: dict[str, Any], given: Mapping[str, Any]) -> None:
        super().keep(known, given)
        if known["externalid"] and "externalid" in given and given["externalid"] != known["externalid"]:
            raise serializers.ValidationError({"externalid": [_("It can't be changed later.")]})
        # It changes now, unless the shop says when; and what was said of abandoning was said.
        for name in ("externalUpdatedDate", "abandonedDate"):
            known.pop(name)
        known["source"] = "1"

    def save(self, given: dict[str, Any], record: Any = None) -> Order:
        draft = order_draft(given, timezone.now())
        (taken,) = save_orders(store=given["connectionid"], drafts=[draft])
        found: Order = self.get_queryset().get(pk=record.pk if record else taken.order_id)
        return found

    @extend_schema(
        summary="Add or change up to 1,000 orders of one connection",
        description="For imports: give earlier orders the `source` 0. Orders that are not valid are named, and "
        "the others are taken in.",
        request=wrapped("ecomOrders", OrderShape, many=True),
        responses={
            200: inline_serializer(
                "EcomOrdersTaken",
                {
                    "created": serializers.IntegerField(),
                    "updated": serializers.IntegerField(),
                    "unchanged": serializers.IntegerField(),
                    "older": serializers.IntegerField(),
                    "errors": serializers.DictField(help_text="Messages by field, by the order's place from 0."),
                },
            )
        },
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        rows = unwrap(request, "ecomOrders")
        if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_BULK:
            raise serializers.ValidationError({"ecomOrders": [_("Give 1 to %d orders in a list.") % MAX_BULK]})
        good, errors = self._check(rows)
        counts = dict.fromkeys(("created", "updated", "unchanged", "older"), 0)
        for store, drafts in self._by_store(good).items():
            for taken in save_orders(store=store, drafts=drafts):
                counts[taken.outcome] += 1
        return Response({**counts, "errors": errors})

    def _check(self, rows: list[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        good, errors = [], {}
        context = {"customers": customers_named(rows), "stores": {row.pk: row for row in Store.objects.all()}}
        for place, row in enumerate(rows):
            serializer = OrderShape(data=row, context=context)
            try:
                serializer.is_valid(raise_exception=True)
            except serializers.ValidationError as error:
                errors[str(place)] = flatten(error.detail)
            except ValidationError as error:
                errors[str(place)] = django_fields(error)
            else:
                good.append(dict(serializer.validated_data))
        return good, errors

    def _by_store(self, good: list[dict[str, Any]]) -> dict[Store, list[Any]]:
        found: dict[Store, list[Any]] = {}
        now = timezone.now()
        for given in good:
            found.setdefault(given["connectionid"], []).append(order_draft(given, now))
        return found


@extend_schema_view(
    create=extend_schema(
        summary="Add or change a customer; the contact with the address is found or made",
        request=wrapped("ecomCustomer", CustomerShape),
        responses={201: wrapped("ecomCustomer", CustomerShape)},
    ),
    retrieve=extend_schema(summary="One customer", responses={200: wrapped("ecomCustomer", CustomerShape)}),
    update=extend_schema(
        summary="Change a customer",
        request=wrapped("ecomCustomer", CustomerShape),
        responses={200: wrapped("ecomCustomer", CustomerShape)},
    ),
)
class EcomCustomerViewSet(ShapeViewSet):
    queryset = Customer.objects.all()
    envelope, shape = "ecomCustomer", CustomerShape

    def shown(self, record: Customer) -> dict[str, Any]:
        return customer_shape(record)

    def keep(self, known: dict[str, Any], given: Mapping[str, Any]) -> None:
        super().keep(known, given)
        if "externalid" in given and given["externalid"] != known["externalid"]:
            raise serializers.ValidationError({"externalid": [_("It can't be changed later.")]})

    def save(self, given: dict[str, Any], record: Any = None) -> Customer:
        draft = CustomerDraft(given["externalid"], given["email"], accepts_marketing=given["acceptsMarketing"])
        (customer,) = customers_for(store=given["connectionid"], drafts=[draft]).values()
        return Customer.objects.get(pk=customer.pk)


@extend_schema_view(
    create=extend_schema(
        summary="Connect a shop that speaks to the API",
        request=wrapped("connection", ConnectionShape),
        responses={201: wrapped("connection", ConnectionShape)},
    ),
    retrieve=extend_schema(summary="One connection", responses={200: wrapped("connection", ConnectionShape)}),
    update=extend_schema(
        summary="Rename a connection",
        request=wrapped("connection", ConnectionShape),
        responses={200: wrapped("connection", ConnectionShape)},
    ),
)
class ConnectionViewSet(ShapeViewSet):
    queryset = Store.objects.all()
    envelope, shape = "connection", ConnectionShape

    def shown(self, record: Store) -> dict[str, Any]:
        return connection_shape(record)

    def keep(self, known: dict[str, Any], given: Mapping[str, Any]) -> None:
        known.pop("service", None)

    def save(self, given: dict[str, Any], record: Any = None) -> Store:
        values = {"name": given["name"]} if record else {"kind": "api", "name": given["name"]}
        return save_store(store=record or Store(), values=values)
