from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from contacts.models import Account, AccountContact, Contact, ContactTag, List, Subscription, Tag
from contacts.models.lists import SubscriptionStatus
from contacts.values import fold_email

from .filters import MomentFilter


class ContactFilter(django_filters.FilterSet):
    email = django_filters.CharFilter(method="by_email", help_text="The whole address, in any case.")
    tag = django_filters.ModelChoiceFilter(
        queryset=Tag.objects.all(),
        method="by_tag",
        help_text="A tag's id.",
        error_messages={"invalid_choice": _("There is no tag %(value)s.")},
    )
    list = django_filters.ModelChoiceFilter(
        queryset=List.objects.all(),
        method="by_list",
        help_text="A list's id: those with any subscription, or with that `status`.",
        error_messages={"invalid_choice": _("There is no list %(value)s.")},
    )
    status = django_filters.ChoiceFilter(
        choices=SubscriptionStatus.choices,
        method="by_status",
        help_text="A subscription's status, on `list` or on any.",
    )
    account = django_filters.ModelChoiceFilter(
        queryset=Account.objects.all(),
        method="by_account",
        help_text="An account's id.",
        error_messages={"invalid_choice": _("There is no account %(value)s.")},
    )
    owner = django_filters.ModelChoiceFilter(
        queryset=get_user_model()._default_manager.all(),
        help_text="A user's id.",
        error_messages={"invalid_choice": _("There is no user %(value)s.")},
    )
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_to = MomentFilter(field_name="created_at", lookup_expr="lt", help_text="Before this moment.")
    updated_from = MomentFilter(field_name="updated_at", lookup_expr="gte")
    updated_to = MomentFilter(field_name="updated_at", lookup_expr="lt", help_text="Before this moment.")
    search = django_filters.CharFilter(
        method="by_text", max_length=100, help_text="Each word stands in the address, a name or the phone."
    )

    class Meta:
        model = Contact
        fields: list[str] = []

    def by_email(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return queryset.filter(email=fold_email(value))

    def by_tag(self, queryset: QuerySet[Contact], name: str, value: Tag) -> QuerySet[Contact]:
        return queryset.filter(pk__in=ContactTag.objects.filter(tag=value).values("contact"))

    def by_list(self, queryset: QuerySet[Contact], name: str, value: List) -> QuerySet[Contact]:
        """With `status`, one subscription has to meet both."""
        members = Subscription.objects.filter(list=value)
        status: Any = self.form.cleaned_data.get("status")
        if status:
            members = members.filter(status=status)
        return queryset.filter(pk__in=members.values("contact"))

    def by_account(self, queryset: QuerySet[Contact], name: str, value: Account) -> QuerySet[Contact]:
        return queryset.filter(pk__in=AccountContact.objects.filter(account=value).values("contact"))

    def by_status(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        if self.form.cleaned_data.get("list"):
            return queryset
        return queryset.filter(pk__in=Subscription.objects.filter(status=value).values("contact"))

    def by_text(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        for word in value.split()[:10]:
            queryset = queryset.filter(
                Q(email__icontains=word)
                | Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(phone__icontains=word)
            )
        return queryset
