"""Filters of the contact list."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from contacts.models import Contact, List, Subscription
from contacts.models.lists import SubscriptionStatus


class ListStatusForm(forms.Form):
    list = forms.ChoiceField(required=False, label=_("By list"), widget=UnfoldAdminSelectWidget())
    status = forms.ChoiceField(
        required=False,
        label=_("By status on the list"),
        widget=UnfoldAdminSelectWidget(),
        choices=[("", _("Any")), *SubscriptionStatus.choices, ("none", _("not on it"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = [(str(pk), name) for pk, name in List.objects.values_list("pk", "name")]
        self.fields["list"].choices = [("", _("All")), *lists]  # type: ignore[attr-defined]  # a choice field


class ListStatusFilter(admin.ListFilter):
    """One filter for both, so that the status is the one on the chosen list."""

    title = _("list")
    template = "unfold/filters/filters_field.html"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                value = params.pop(name)
                self.used_parameters[name] = value[-1] if isinstance(value, list) else value

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return ["list", "status"]

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {"form": ListStatusForm(self.used_parameters)}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        form = ListStatusForm(self.used_parameters)
        if not form.is_valid():
            return queryset
        rows = Subscription.objects.all()
        list_id, status = form.cleaned_data["list"], form.cleaned_data["status"]
        if not list_id and not status:
            return queryset
        if list_id:
            rows = rows.filter(list_id=list_id)
        if status == "none":
            return queryset.exclude(pk__in=rows.values("contact_id"))
        if status:
            rows = rows.filter(status=status)
        return queryset.filter(pk__in=rows.values("contact_id"))


class LanguageFilter(DropdownFilter):
    """The languages in use; looked up once a minute, for it reads the whole table."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = cache.get_or_set("contacts.languages", self._languages, 60)
        return [(code, code) for code in found or []]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        return queryset.filter(language=self.value()) if self.value() else queryset

    def has_output(self) -> bool:
        return True

    @staticmethod
    def _languages() -> list[str]:
        used = Contact.objects.exclude(language="").order_by("language")
        return list(used.values_list("language", flat=True).distinct()[:100])
