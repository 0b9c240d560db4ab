"""/accounts/: the companies, and who belongs to them."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Account, AccountContact, AccountNote, Contact
from contacts.services import (
    add_account_note,
    add_to_account,
    change_account_contact,
    create_account,
    delete_accounts,
    remove_from_account,
    update_account,
    upsert_accounts,
)

from .account_serializers import (
    AccountBulkSerializer,
    AccountContactChangeSerializer,
    AccountContactSerializer,
    AccountContactsInputSerializer,
    AccountInputSerializer,
    CrmAccountSerializer,
    account_queryset,
)
from .base import ReadOnlyViewSet
from .bulk_answers import KeyedBulkResultSerializer, bulk_answer
from .filters import MomentFilter
from .labels import ChangedSerializer, ContactsInputSerializer
from .notes import NoteTextSerializer
from .strict import StrictModelSerializer
from .timeline import TimelinePageSerializer, timeline_page


class AccountNoteSerializer(StrictModelSerializer):
    class Meta:
        model = AccountNote
        fields = ["id", "account", "text", "author", "created_at", "updated_at"]
        read_only_fields = fields


class AccountFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="iexact", help_text="The whole name, in any case.")
    search = django_filters.CharFilter(
        method="by_text", max_length=100, help_text="Each word stands in the name, web address, city or industry."
    )
    industry = django_filters.CharFilter(lookup_expr="iexact")
    country = django_filters.CharFilter(lookup_expr="iexact")
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        method="by_contact",
        help_text="A contact's id: the accounts they belong to.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    owner = django_filters.ModelChoiceFilter(
        queryset=get_user_model()._default_manager.all(),
        help_text="A user's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no user %(value)s.")},
    )
    updated_from = MomentFilter(field_name="updated_at", lookup_expr="gte")
    updated_to = MomentFilter(field_name="updated_at", lookup_expr="lt", help_text="Before this moment.")

    class Meta:
        model = Account
        fields: list[str] = []

    def by_text(self, queryset: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
        for word in value.split()[:10]:
            queryset = queryset.filter(
                Q(name__icontains=word)
                | Q(url__icontains=word)
                | Q(city__icontains=word)
                | Q(industry__icontains=word)
            )
        return queryset

    def by_contact(self, queryset: QuerySet[Account], name: str, value: Contact) -> QuerySet[Account]:
        return queryset.filter(pk__in=AccountContact.objects.filter(contact=value).values("account"))


@extend_schema_view(
    list=extend_schema(summary="Accounts, newest first"), retrieve=extend_schema(summary="One account")
)
class AccountViewSet(ReadOnlyViewSet):
    queryset = account_queryset()
    serializer_class = CrmAccountSerializer
    filterset_class = AccountFilter
    action_permissions = {
        "bulk": ["contacts.add_account", "contacts.change_account"],
        "contacts": ["contacts.view_account", "contacts.view_accountcontact"],
        "add_contacts": ["contacts.change_account"],
        "change_contact": ["contacts.change_account"],
        "remove_contacts": ["contacts.change_account"],
        "timeline": ["contacts.view_account"],
        "notes": ["contacts.view_account", "contacts.view_accountnote"],
        "add_note": ["contacts.view_account", "contacts.add_accountnote"],
    }

    @extend_schema(
        summary="Create an account", request=AccountInputSerializer, responses={201: CrmAccountSerializer}
    )
    def create(self, request: Request) -> Response:
        account = create_account(**_arguments(_valid(AccountInputSerializer(data=request.data))))
        return Response(self._shown(account.pk), status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change an account", request=AccountInputSerializer(partial=True), responses=CrmAccountSerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        account = self._account()
        values = _valid(AccountInputSerializer(data=request.data, partial=True))
        update_account(account=account, **_arguments(values))
        return Response(self._shown(account.pk))

    @extend_schema(summary="Delete an account; its contacts stay", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        delete_accounts(accounts=Account.objects.filter(pk=self._account().pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Create or update up to 1,000 accounts",
        description="Accounts are known by their name, in any case. Each row is saved whole or not at all, "
        "and has its own result. The answer is 200 also if rows had errors.",
        request=AccountBulkSerializer,
        responses={200: KeyedBulkResultSerializer},
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        given = _valid(AccountBulkSerializer(data=request.data))
        return Response(
            bulk_answer(upsert_accounts(rows=given["accounts"], update_existing=given["update_existing"]))
        )

    @extend_schema(
        summary="Who belongs to an account, the primary contact first",
        responses=AccountContactSerializer(many=True),
    )
    @action(detail=True, methods=["get"], filterset_class=None)
    def contacts(self, request: Request, pk: str) -> Response:
        rows = AccountContact.objects.filter(account=self._account()).select_related("contact")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(AccountContactSerializer(page, many=True).data)

    @extend_schema(
        summary="Let up to 10,000 contacts belong to an account",
        description="Unknown contacts are an error that names them; then nothing is changed.",
        request=AccountContactsInputSerializer,
        responses={200: ChangedSerializer},
    )
    @contacts.mapping.post
    def add_contacts(self, request: Request, pk: str) -> Response:
        account, serializer = self._account(), AccountContactsInputSerializer(data=request.data)
        title = _valid(serializer).get("job_title")
        ids = serializer.contact_ids()
        return Response(_changed(ids, add_to_account(account=account, contacts=ids, job_title=title)))

    @extend_schema(
        summary="Change a contact's job title, or make it the primary one",
        request=AccountContactChangeSerializer,
        responses=AccountContactSerializer,
    )
    @contacts.mapping.patch
    def change_contact(self, request: Request, pk: str) -> Response:
        account, given = self._account(), _valid(AccountContactChangeSerializer(data=request.data))
        return Response(AccountContactSerializer(change_account_contact(account=account, **given)).data)

    @extend_schema(
        summary="Let up to 10,000 contacts no longer belong to an account",
        request=ContactsInputSerializer,
        responses={200: ChangedSerializer},
    )
    @contacts.mapping.delete
    def remove_contacts(self, request: Request, pk: str) -> Response:
        account, serializer = self._account(), ContactsInputSerializer(data=request.data)
        _valid(serializer)
        ids = serializer.contact_ids()
        return Response(_changed(ids, remove_from_account(account=account, contacts=ids)))

    @extend_schema(summary="Notes on an account", responses=AccountNoteSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None)
    def notes(self, request: Request, pk: str) -> Response:
        page = self.paginate_queryset(AccountNote.objects.filter(account=self._account()))
        return self.get_paginated_response(AccountNoteSerializer(page, many=True).data)

    @extend_schema(
        summary="Write a note on an account", request=NoteTextSerializer, responses={201: AccountNoteSerializer}
    )
    @notes.mapping.post
    def add_note(self, request: Request, pk: str) -> Response:
        account, given = self._account(), _valid(NoteTextSerializer(data=request.data))
        note = add_account_note(account=account, text=given["text"])
        return Response(AccountNoteSerializer(note).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Everything that happened to an account, newest first",
        parameters=[
            OpenApiParameter("cursor", str, description="From the `next` of the page before."),
            OpenApiParameter("page_size", int, description="At most 500; 50 unless told."),
        ],
        responses={200: TimelinePageSerializer},
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        return Response(timeline_page(request, self._account()))

    def _account(self) -> Account:
        account: Account = self.get_object()
        return account

    def _shown(self, pk: int) -> Any:
        return CrmAccountSerializer(account_queryset().get(pk=pk)).data


def _valid(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of the services for an account's input."""
    return {"custom" if name == "fields" else name: value for name, value in values.items()}


def _changed(ids: Any, changed: Any) -> dict[str, int]:
    return {"changed": len(changed), "unchanged": len(ids) - len(changed)}
