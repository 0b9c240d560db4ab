"""What /triggers/ and /steps/ share: a serializer for each registered type, and one viewset over all."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from automations.models import Automation
from automations.models.configured import Configured
from automations.names import remembered_names
from automations.registry import Registry
from contacts.api.base import Handler, ReadOnlyViewSet
from contacts.api.strict import StrictSerializer

from .settings import setting_fields

MISSING = object()


class PartSerializer(StrictSerializer):
    """Base of every generated serializer: what all triggers, or all steps, have beside their settings."""

    part: ClassVar[type[Configured]]
    only_in_detail: ClassVar[tuple[str, ...]] = ("problems",)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return dict(super().to_representation(_Flat(instance)))


class _Flat:
    """A part with its settings as attributes: ids for records, JSON values for the rest."""

    def __init__(self, part: Any) -> None:
        self._part, self._settings = part, part.shown_settings()

    def __getattr__(self, name: str) -> Any:
        if name in self._settings:
            return self._settings[name]
        return getattr(self._part, name)

    @property
    def automation(self) -> int:
        return int(self._part.automation_id)

    @property
    def type(self) -> str:
        return str(self._part.slug)

    @property
    def sentence(self) -> str:
        return str(self._part.describe())


class TypeField(serializers.CharField):
    """`type`, which tells the schemas apart; the only value is the slug."""

    def __init__(self, slug: str, **kwargs: Any) -> None:
        self._spectacular_annotation = {"field": {"type": "string", "x-enum": [slug]}}
        super().__init__(**kwargs)


def serializers_of(registry: "Registry[Any]", base: type[PartSerializer]) -> dict[str, type[PartSerializer]]:
    """{slug: serializer}, named after the type's class: `TagAddedTrigger`."""
    return {
        part.slug: type(
            f"{part.__name__}Serializer",
            (base,),
            {
                "__doc__": f"{part.label}. {part.summary}",
                "part": part,
                "type": TypeField(part.slug),
                **setting_fields(part.Form, base, part.__name__),
            },
        )
        for part in registry
    }


def one_of(name: str, found: Mapping[str, type[PartSerializer]]) -> Any:
    """The OpenAPI schema “one of these, told apart by `type`”."""
    return PolymorphicProxySerializer(component_name=name, serializers={**found}, resource_type_field_name="type")


class PartViewSet(ReadOnlyViewSet):
    """Reads through the registry's serializers, writes through the services of drafts."""

    registry: ClassVar[Registry[Any]]
    shown: ClassVar[dict[str, type[PartSerializer]]]
    #: What a change may repeat, but not change.
    fixed: ClassVar[tuple[str, ...]]

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().select_related("automation")

    def answer(self, request: Request, handler: Handler) -> HttpResponseBase:
        with remembered_names():
            return super().answer(request, handler)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        self.prepare(page)
        shown = {slug: self.shown[slug]() for slug in {part.slug for part in page}}
        for serializer in shown.values():
            # Checking each part of a long list would ask the database about each.
            del serializer.fields["problems"]
        return self.get_paginated_response([shown[part.slug].to_representation(part) for part in page])

    def prepare(self, parts: "Sequence[Any]") -> None:
        """Read at once what the sentences of a page need."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self._shown(self.get_object()))

    def create(self, request: Request) -> Response:
        slug = self._type(request.data)
        values, settings = self._read(self.shown[slug](data=request.data))
        # With no setting at all it starts empty, as in the builder; with one it must be complete.
        whole = {**self.registry[slug]().settings(), **settings} if settings else None
        part = self.add(type=slug, settings=whole, **values)
        return Response(self._shown(self._fresh(part)), status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        part = self.get_object()
        values, settings = self._read(self.shown[part.slug](data=request.data, partial=True), part)
        whole = {**part.shown_settings(), **settings} if settings else None
        self.change(part, settings=whole, **values)
        return Response(self._shown(self._fresh(part)))

    def add(self, **values: Any) -> Any:
        raise NotImplementedError  # pragma: no cover - both views have it

    def change(self, part: Any, **values: Any) -> None:
        raise NotImplementedError  # pragma: no cover - both views have it

    def _type(self, data: Any) -> str:
        slug = data.get("type", MISSING) if isinstance(data, Mapping) else MISSING
        known = ", ".join(part.slug for part in self.registry)
        if slug is MISSING:
            raise ValidationError(
                {"type": [ErrorDetail(_("Say which type; the types are: %s.") % known, code="required")]}
            )
        if not isinstance(slug, str) or slug not in self.registry:
            text = _("There is no type “%(slug)s”; the types are: %(known)s.") % {
                "slug": str(slug)[:60],
                "known": known,
            }
            raise ValidationError({"type": [ErrorDetail(text, code="unknown")]})
        return slug

    def _read(self, serializer: PartSerializer, part: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Checked input as (fixed fields, settings); of a change, without what it may only repeat."""
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        names = serializer.part.Form.base_fields
        settings = {name: values.pop(name) for name in list(values) if name in names}
        if part is not None:
            self._only_repeated(values, _Flat(part))
            values = {name: value for name, value in values.items() if name not in self.fixed}
        else:
            values["automation"] = existing_automation(values["automation"])
            del values["type"]
        return values, settings

    def _only_repeated(self, values: Mapping[str, Any], present: _Flat) -> None:
        changed = [name for name in self.fixed if name in values and values[name] != getattr(present, name)]
        if changed:
            text = ErrorDetail(_("It can't be changed; delete this one and make another."), code="fixed")
            raise ValidationError({name: [text] for name in changed})

    def _fresh(self, part: Any) -> Any:
        return self.get_queryset().get(pk=part.pk)

    def _shown(self, part: Any) -> Any:
        # A memory of its own: what was remembered before a write may be another thing now.
        with remembered_names():
            return self.shown[part.slug](part).data


def existing_automation(pk: int) -> Automation:
    found = Automation.objects.filter(pk=pk).first()
    if found is None:
        text = _("There is no automation %s.") % pk
        raise DjangoValidationError({"automation": DjangoValidationError(text, code="does_not_exist")})
    return found
