"""/contacts/: the people, one and many."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact, List, Note, Tag
from contacts.quotes import quoted
from contacts.selectors.references import lists_by_id, tags_by_name
from contacts.services import (
    RowResult,
    create_contact,
    delete_contacts,
    get_or_create_tags,
    save_record,
    subscribe_contacts,
    tag_contacts,
    unsubscribe_contacts,
    untag_contacts,
    update_contact,
    upsert_contacts,
)

from .base import ReadOnlyViewSet
from .contact_filters import ContactFilter
from .contact_serializers import (
    BulkInputSerializer,
    BulkResultSerializer,
    ContactInputSerializer,
    ContactListsSerializer,
    ContactSerializer,
    ContactTagsSerializer,
    contact_queryset,
)
from .errors import Conflict, django_fields, invalid_body
from .notes import NoteSerializer, NoteTextSerializer
from .timeline import TimelinePageSerializer, timeline_page


@extend_schema_view(
    list=extend_schema(summary="Contacts, newest first"), retrieve=extend_schema(summary="One contact")
)
class ContactViewSet(ReadOnlyViewSet):
    queryset = contact_queryset()
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    action_permissions = {
        "bulk": ["contacts.add_contact", "contacts.change_contact"],
        "tags": ["contacts.change_contact"],
        "lists": ["contacts.change_contact"],
        "timeline": ["contacts.view_contact"],
        "notes": ["contacts.view_contact", "contacts.view_note"],
        "add_note": ["contacts.view_contact", "contacts.add_note"],
    }

    @extend_schema(summary="Create a contact", request=ContactInputSerializer, responses={201: ContactSerializer})
    def create(self, request: Request) -> Response:
        serializer = ContactInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        contact = create_contact(**_arguments(serializer.validated_data))
        return Response(self._shown(contact.pk), status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change a contact", request=ContactInputSerializer(partial=True), responses=ContactSerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        serializer = ContactInputSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        update_contact(contact=self._contact(), **_arguments(serializer.validated_data))
        return Response(self._shown(int(pk)))

    @extend_schema(summary="Delete a contact", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        delete_contacts(contacts=self._contact())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Create or update up to 1,000 contacts",
        description="Each row is saved whole or not at all, and has its own result. "
        "The answer is 200 also if rows had errors.",
        request=BulkInputSerializer,
        responses={200: BulkResultSerializer},
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        serializer = BulkInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        names = {name for row in given["contacts"] for name in _names(row.get("tags"))}
        _check_may_create(request, names)
        results = upsert_contacts(
            rows=given["contacts"],
            update_existing=given["update_existing"],
            resubscribe=given["resubscribe"],
        )
        return Response(_bulk_answer(results))

    @extend_schema(
        summary="Put tags on, take tags off", request=ContactTagsSerializer, responses=ContactSerializer
    )
    @action(detail=True, methods=["post"])
    def tags(self, request: Request, pk: str) -> Response:
        contact = self._contact()
        serializer = ContactTagsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        add, remove = serializer.validated_data["add"], serializer.validated_data["remove"]
        _check_apart("remove", {name.casefold() for name in add}, {name.casefold() for name in remove})
        removed = tags_by_name(remove, label="remove")
        _check_may_create(request, set(add))
        for tag in get_or_create_tags(names=add).values():
            tag_contacts(contacts=contact, tag=tag)
        for tag in removed:
            untag_contacts(contacts=contact, tag=tag)
        return Response(self._shown(contact.pk))

    @extend_schema(
        summary="Subscribe to lists, unsubscribe from lists",
        description="409 with the code `refused`, and nothing changed, if the person had left one of "
        "the lists and `resubscribe` is not set.",
        request=ContactListsSerializer,
        responses=ContactSerializer,
    )
    @action(detail=True, methods=["post"])
    def lists(self, request: Request, pk: str) -> Response:
        contact = self._contact()
        serializer = ContactListsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        _check_apart("unsubscribe", set(given["subscribe"]), set(given["unsubscribe"]))
        joined = lists_by_id(given["subscribe"], label="subscribe")
        left = lists_by_id(given["unsubscribe"], label="unsubscribe")
        _subscribe(contact, joined, given["resubscribe"])
        for mailing_list in left:
            unsubscribe_contacts(contacts=contact, list=mailing_list, reason=given["reason"])
        return Response(self._shown(contact.pk))

    @extend_schema(summary="Notes on a contact", responses=NoteSerializer(many=True))
    @action(detail=True, methods=["get"])
    def notes(self, request: Request, pk: str) -> Response:
        page = self.paginate_queryset(Note.objects.filter(contact=self._contact()))
        return self.get_paginated_response(NoteSerializer(page, many=True).data)

    @extend_schema(
        summary="Write a note on a contact", request=NoteTextSerializer, responses={201: NoteSerializer}
    )
    @notes.mapping.post
    def add_note(self, request: Request, pk: str) -> Response:
        contact = self._contact()
        serializer = NoteTextSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = {"contact": contact, "author": request.user, **serializer.validated_data}
        note = save_record(record=Note(), values=values)
        return Response(NoteSerializer(note).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Everything that happened to a contact, newest first",
        parameters=[
            OpenApiParameter("cursor", str, description="From the `next` of the page before."),
            OpenApiParameter("page_size", int, description="At most 500; 50 unless told."),
        ],
        responses={200: TimelinePageSerializer},
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        return Response(timeline_page(request, self._contact()))

    def _contact(self) -> Contact:
        contact: Contact = self.get_object()
        return contact

    def _shown(self, pk: int) -> Any:
        return ContactSerializer(contact_queryset().get(pk=pk)).data


def _arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of the services for a contact's input."""
    return {"custom" if name == "fields" else name: value for name, value in values.items()}


def _names(raw: Any) -> list[str]:
    return [name for name in raw if isinstance(name, str)] if isinstance(raw, list) else []


def _check_may_create(request: Request, names: set[str]) -> None:
    """Tags that don't exist yet are made only by those who may add tags."""
    if not names or request.user.has_perm("contacts.add_tag"):
        return
    known = {name.casefold() for name in Tag.objects.values_list("name", flat=True)}
    missing = sorted(name for name in names if name.strip() and name.strip().casefold() not in known)
    if missing:
        raise PermissionDenied(_("You may not make new tags: %s.") % ", ".join(missing[:20]))


def _check_apart(field: str, first: set[Any], second: set[Any]) -> None:
    both = ", ".join(sorted(str(item) for item in first & second))
    if both:
        raise ValidationError({field: _("Both put in and taken out at once: %s.") % both})


def _subscribe(contact: Contact, lists: Sequence[List], resubscribe: bool) -> None:
    refused = [
        item for item in lists if subscribe_contacts(contacts=contact, list=item, resubscribe=resubscribe).refused
    ]
    if refused:
        raise Conflict(
            _(
                "%(email)s unsubscribed from %(lists)s, or mail to this address bounced. "
                "If the person asked to be subscribed again, send “resubscribe”: true."
            )
            % {"email": contact.email, "lists": ", ".join(quoted(item) for item in refused)},
            code="refused",
        )


def _bulk_answer(results: Sequence[RowResult]) -> dict[str, Any]:
    counts = Counter(result.status for result in results)
    return {
        "created": counts["created"],
        "updated": counts["updated"],
        "unchanged": counts["unchanged"],
        "errors": counts["error"],
        "results": [_row_answer(result) for result in results],
    }


def _row_answer(result: RowResult) -> dict[str, Any]:
    return {
        "index": result.index,
        "email": result.email,
        "id": result.id,
        "status": result.status,
        "error": invalid_body(django_fields(result.error))["error"] if result.error else None,
        "refused_lists": result.refused_lists,
    }
