"""/deals/: deals, their contacts, notes and timeline."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.base import ReadOnlyViewSet
from contacts.api.errors import Conflict
from contacts.api.filters import MomentFilter
from contacts.api.labels import ChangedSerializer, ContactsInputSerializer
from contacts.api.notes import NoteTextSerializer
from contacts.api.timeline import TimelinePageSerializer, timeline_page
from contacts.bulk import id_set
from contacts.models import Account, Contact
from deals.models import Deal, DealContact, DealNote, DealStatus, Pipeline, Stage
from deals.services import (
    Moved,
    add_deal_contacts,
    add_deal_notes,
    adjust_deal_scores,
    create_deal,
    delete_deals,
    first_stage,
    move_deal,
    remove_deal_contacts,
    set_deal_scores,
    set_primary_contact,
    set_role,
    update_deal,
    update_deals,
)

from .serializers import (
    DealBulkSerializer,
    DealChangeSerializer,
    DealContactChangeSerializer,
    DealContactSerializer,
    DealContactsInputSerializer,
    DealInputSerializer,
    DealNoteSerializer,
    DealSerializer,
    MoveSerializer,
    PointsOfDealsSerializer,
    deal_queryset,
)


def one_of(model: Any, message: Any) -> django_filters.ModelChoiceFilter:
    """A filter by the id of a record."""
    return django_filters.ModelChoiceFilter(
        queryset=model._default_manager.all(), error_messages={"invalid_choice": message}
    )


def _known(given: Iterable[int]) -> set[int]:
    """The ids; ValidationError naming those that no deal has."""
    ids = set(given)
    if missing := ids - set(Deal.objects.filter(pk__in=id_set(ids)).values_list("pk", flat=True)):
        named = ", ".join(map(str, sorted(missing)[:20]))
        text = _("There is no deal %s.") % named
        raise ValidationError({"ids": ValidationError(text, code="does_not_exist")})
    return ids


class DealFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(
        field_name="title", lookup_expr="icontains", help_text="A part of the title."
    )
    status = django_filters.MultipleChoiceFilter(choices=DealStatus.choices)
    pipeline = one_of(Pipeline, gettext_lazy("There is no pipeline %(value)s."))
    stage = one_of(Stage, gettext_lazy("There is no stage %(value)s."))
    owner = one_of(get_user_model(), gettext_lazy("There is no user %(value)s."))
    account = one_of(Account, gettext_lazy("There is no account %(value)s."))
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        method="by_contact",
        help_text="A contact's id: the deals they take part in.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    close_from = django_filters.DateFilter(field_name="expected_close", lookup_expr="gte")
    close_to = django_filters.DateFilter(
        field_name="expected_close", lookup_expr="lte", help_text="This day included."
    )
    updated_from = MomentFilter(field_name="updated_at", lookup_expr="gte")
    updated_to = MomentFilter(field_name="updated_at", lookup_expr="lt", help_text="Before this moment.")

    class Meta:
        model = Deal
        fields: list[str] = []

    def by_contact(self, queryset: QuerySet[Deal], name: str, value: Contact) -> QuerySet[Deal]:
        return queryset.filter(pk__in=DealContact.objects.filter(contact=value).values("deal"))


@extend_schema_view(list=extend_schema(summary="Deals, newest first"), retrieve=extend_schema(summary="One deal"))
class DealViewSet(ReadOnlyViewSet):
    queryset = deal_queryset()
    serializer_class = DealSerializer
    filterset_class = DealFilter
    action_permissions = {
        "bulk": ["deals.change_deal"],
        "move": ["deals.change_deal"],
        "points": ["deals.change_deal"],
        "contacts": ["deals.view_deal", "deals.view_dealcontact"],
        "add_contacts": ["deals.change_deal"],
        "change_contact": ["deals.change_deal"],
        "remove_contacts": ["deals.change_deal"],
        "notes": ["deals.view_deal", "deals.view_dealnote"],
        "add_note": ["deals.view_deal", "deals.add_dealnote"],
        "timeline": ["deals.view_deal"],
    }

    @extend_schema(
        summary="Make a deal, in a stage or in the first stage of a pipeline",
        request=DealInputSerializer,
        responses={201: DealSerializer},
    )
    def create(self, request: Request) -> Response:
        serializer = DealInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        deal = create_deal(**serializer.arguments())
        return Response(self._shown(deal.pk), status=status.HTTP_201_CREATED)

    @extend_schema(summary="Change a deal", request=DealChangeSerializer, responses=DealSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        deal, serializer = self._deal(), DealChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        update_deal(deal=deal, **serializer.arguments())
        return Response(self._shown(deal.pk))

    @extend_schema(summary="Delete a deal; its contacts stay", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        delete_deals(deals=self._deal())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Change up to 1,000 deals alike",
        description="Unknown deals are an error that names them; then nothing is changed.",
        request=DealBulkSerializer,
        responses={200: ChangedSerializer},
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        serializer = DealBulkSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.arguments()
        ids = _known(given.pop("ids"))
        before = dict(Deal.objects.filter(pk__in=id_set(ids)).values_list("pk", "updated_at"))
        update_deals(deals=ids, **given)
        after = dict(Deal.objects.filter(pk__in=id_set(ids)).values_list("pk", "updated_at"))
        changed = sum(after[pk] != at for pk, at in before.items())
        return Response({"changed": changed, "unchanged": len(ids) - changed})

    @extend_schema(
        summary="Give points to, or set the points of, up to 1,000 deals",
        description="Unknown deals are an error that names them; then nothing is changed.",
        request=PointsOfDealsSerializer,
        responses={200: ChangedSerializer},
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def points(self, request: Request) -> Response:
        serializer = PointsOfDealsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        ids = _known(given["ids"])
        change = adjust_deal_scores if given["op"] == "add" else set_deal_scores
        changed = change(deals=ids, score=given["score"], points=given["points"], reason=given["reason"])
        return Response({"changed": len(changed), "unchanged": len(ids) - len(changed)})

    @extend_schema(
        summary="Move a deal to a stage, or into a pipeline",
        description="409 where it has left the stage named in `seen`.",
        request=MoveSerializer,
        responses=DealSerializer,
    )
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        deal, serializer = self._deal(), MoveSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        if ("stage" in given) == ("pipeline" in given):
            raise ValidationError({"stage": ValidationError(_("Give a stage or a pipeline."), code="required")})
        stage = given["stage"] if "stage" in given else self._first(deal, given["pipeline"])
        try:
            move_deal(deal=deal, stage=stage, seen=given.get("seen"))
        except Moved as error:
            raise Conflict(" ".join(error.messages), code="moved") from None
        return Response(self._shown(deal.pk))

    def _first(self, deal: Deal, pipeline: int) -> int:
        """Where a move into the pipeline leads: nowhere else for a deal that is in it."""
        return deal.stage_id if deal.pipeline_id == pipeline else first_stage(pipeline).pk

    @extend_schema(
        summary="Who takes part in a deal, the primary contact first", responses=DealContactSerializer(many=True)
    )
    @action(detail=True, methods=["get"], filterset_class=None)
    def contacts(self, request: Request, pk: str) -> Response:
        rows = DealContact.objects.filter(deal=self._deal()).select_related("contact")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(DealContactSerializer(page, many=True).data)

    @extend_schema(
        summary="Let up to 10,000 contacts take part in a deal",
        description="Unknown contacts are an error that names them; then nothing is changed.",
        request=DealContactsInputSerializer,
        responses={200: ChangedSerializer},
    )
    @contacts.mapping.post
    def add_contacts(self, request: Request, pk: str) -> Response:
        deal, serializer = self._deal(), DealContactsInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ids = serializer.contact_ids()
        added = add_deal_contacts(deal=deal, contacts=ids, role=serializer.validated_data["role"])
        return Response({"changed": len(added), "unchanged": len(ids) - len(added)})

    @extend_schema(
        summary="Change a contact's role, or make it the primary one",
        request=DealContactChangeSerializer,
        responses=DealContactSerializer,
    )
    @contacts.mapping.patch
    def change_contact(self, request: Request, pk: str) -> Response:
        deal, serializer = self._deal(), DealContactChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        row = DealContact.objects.filter(deal=deal, contact=given["contact"]).first()
        if row is None:
            text = _("This contact does not take part in the deal.")
            raise ValidationError({"contact": ValidationError(text, code="does_not_exist")})
        if "role" in given:
            set_role(deal=deal, contacts=[given["contact"]], role=given["role"])
        if given.get("is_primary"):
            set_primary_contact(deal=deal, contact=given["contact"])
        row.refresh_from_db()
        return Response(DealContactSerializer(row).data)

    @extend_schema(
        summary="Let up to 10,000 contacts take part no longer",
        request=ContactsInputSerializer,
        responses={200: ChangedSerializer},
    )
    @contacts.mapping.delete
    def remove_contacts(self, request: Request, pk: str) -> Response:
        deal, serializer = self._deal(), ContactsInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ids = serializer.contact_ids()
        removed = remove_deal_contacts(deal=deal, contacts=ids)
        return Response({"changed": len(removed), "unchanged": len(ids) - len(removed)})

    @extend_schema(summary="Notes on a deal", responses=DealNoteSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None)
    def notes(self, request: Request, pk: str) -> Response:
        page = self.paginate_queryset(DealNote.objects.filter(deal=self._deal()))
        return self.get_paginated_response(DealNoteSerializer(page, many=True).data)

    @extend_schema(
        summary="Write a note on a deal", request=NoteTextSerializer, responses={201: DealNoteSerializer}
    )
    @notes.mapping.post
    def add_note(self, request: Request, pk: str) -> Response:
        deal, serializer = self._deal(), NoteTextSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        add_deal_notes(deals=deal, text=serializer.validated_data["text"])
        note = DealNote.objects.filter(deal=deal).latest("pk")
        return Response(DealNoteSerializer(note).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Everything that happened to a deal, newest first",
        parameters=[
            OpenApiParameter("cursor", str, description="From the `next` of the page before."),
            OpenApiParameter("page_size", int, description="At most 500; 50 unless told."),
        ],
        responses={200: TimelinePageSerializer},
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        return Response(timeline_page(request, self._deal()))

    def _deal(self) -> Deal:
        deal: Deal = self.get_object()
        return deal

    def _shown(self, pk: int) -> Any:
        return DealSerializer(deal_queryset().get(pk=pk)).data
