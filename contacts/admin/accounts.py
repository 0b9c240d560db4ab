"""Accounts: the list, and the page of one with who belongs to it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from contacts.models import Account, AccountContact, AccountNote, Contact
from contacts.selectors.fields import fields_of
from contacts.selectors.timeline import timeline_of
from contacts.services import (
    add_account_note,
    add_to_account,
    change_account_contact,
    delete_accounts,
    remove_from_account,
)
from contacts.values import fold_email

from .base import BaseAdmin, ShownOnly
from .custom_form import WithCustomFields, custom_fieldset, with_fields
from .panels import answer_panel, chosen, demand, timeline_view
from .sections import section_verbs, sections_of

SHOWN_CONTACTS = 50


class AccountForm(WithCustomFields):
    class Meta:
        model = Account
        fields = [
            "name", "url", "phone", "owner", "industry", "employees", "address_1", "address_2",
            "postal_code", "city", "region", "country", "description",
        ]  # fmt: skip


class ValuesFilter(DropdownFilter):
    """The values of a text column in use, the first hundred; looked up once a minute."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        name = str(self.parameter_name)
        found = cache.get_or_set(f"contacts.accounts.{name}", lambda: self._used(name), 60)
        return [(value, value) for value in found or []]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset

    def has_output(self) -> bool:
        return True

    @staticmethod
    def _used(name: str) -> list[str]:
        used = Account.objects.exclude(**{name: ""}).order_by(name)
        return list(used.values_list(name, flat=True).distinct()[:100])


class IndustryFilter(ValuesFilter):
    title, parameter_name = gettext_lazy("industry"), "industry"


class CountryFilter(ValuesFilter):
    title, parameter_name = gettext_lazy("country"), "country"


@admin.register(Account)
class AccountAdmin(BaseAdmin):
    list_display = ["company", "industry", "city", "owner", "people"]
    list_select_related = ["owner"]
    list_filter = [IndustryFilter, CountryFilter, ("owner", RelatedDropdownFilter)]
    search_fields = ["name", "url", "city"]
    search_help_text = gettext_lazy("Search by name, web address or city")
    autocomplete_fields = ["owner"]
    change_form_outer_after_template = "admin/contacts/account.html"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        counts = AccountContact.objects.filter(account__in=[row.pk for row in rows]).order_by().values("account")
        people = dict(counts.annotate(n=Count("pk")).values_list("account", "n"))
        for row in rows:
            row.people = people.get(row.pk, 0)
        changelist.result_list = rows
        return changelist

    @display(description=gettext_lazy("account"), header=True, ordering="name")
    def company(self, account: Account) -> list[str]:
        return [account.name, account.domain]

    @display(description=gettext_lazy("contacts"))
    def people(self, account: Any) -> str:
        url = reverse("admin:contacts_accountcontact_changelist")
        return format_html('<a href="{}?account__id__exact={}">{}</a>', url, account.pk, account.people)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=with_fields(AccountForm, "account"), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        about = [("name", "url"), ("phone", "owner"), ("industry", "employees"), "description"]
        address = [("address_1", "address_2"), ("postal_code", "city"), ("region", "country")]
        # Who may only look finds the values of custom fields below.
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        custom = custom_fieldset(fields_of("account")) if allowed else []
        return [(None, {"fields": about}), (_("Address"), {"fields": address}), *custom]

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        form.save_custom()

    def delete_model(self, request: HttpRequest, obj: Account) -> None:
        delete_accounts(accounts=Account.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        delete_accounts(accounts=queryset)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        context = dict(extra_context or {})
        if object_id and request.method == "GET":
            account = self.get_object(request, object_id)
            if account is not None and self.has_view_permission(request, account):
                context |= panel_context(request, account)
        return super().changeform_view(request, object_id, form_url, context)

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:object_id>/panel/", wrap(self.panel_view), name="contacts_account_panel"),
            path("<int:object_id>/timeline/", wrap(self.timeline_view), name="contacts_account_timeline"),
        ]
        return own + super().get_urls()

    def panel_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        verbs = {**section_verbs(Account), **VERBS}
        return answer_panel(self, request, object_id, verbs, panel_context, "admin/contacts/account_panel.html")

    def timeline_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return timeline_view(self, request, object_id)


def panel_context(request: HttpRequest, account: Account, errors: list[str] | None = None) -> dict[str, Any]:
    """What stands below the form. A fixed number of queries."""
    may_change = request.user.has_perm("contacts.change_account")
    people = AccountContact.objects.filter(account=account).select_related("contact")
    return {
        "account": account,
        "panel_errors": errors or [],
        "panel_url": reverse("admin:contacts_account_panel", args=[account.pk]),
        "timeline_url": reverse("admin:contacts_account_timeline", args=[account.pk]),
        "may_change": may_change,
        "may_note": request.user.has_perm("contacts.add_accountnote"),
        "people": list(people[:SHOWN_CONTACTS]),
        "people_count": people.count(),
        "values": [] if may_change else _values(account),
        "timeline": timeline_of(record=account),
        "sections": sections_of(request, account),
    }


def _values(account: Account) -> list[tuple[str, str]]:
    values = account.custom_values
    return [
        (field.label, field.to_text(values[key]).replace("\n", ", "))
        for key, field in fields_of("account").items()
        if key in values
    ]


def _add(request: HttpRequest, account: Account) -> None:
    demand(request, "contacts.change_account")
    address = fold_email(request.POST.get("email", ""))
    contact = Contact.objects.filter(email=address).first()
    if contact is None:
        raise ValidationError(_("There is no contact with the address “%s”.") % address[:254])
    add_to_account(account=account, contacts=contact, job_title=request.POST.get("job_title") or None)


def _remove(request: HttpRequest, account: Account) -> None:
    demand(request, "contacts.change_account")
    remove_from_account(account=account, contacts=chosen(Contact, request.POST.get("contact", "")))


def _set_primary(request: HttpRequest, account: Account) -> None:
    demand(request, "contacts.change_account")
    contact = chosen(Contact, request.POST.get("contact", ""))
    change_account_contact(account=account, contact=contact, is_primary=True)


def _set_title(request: HttpRequest, account: Account) -> None:
    demand(request, "contacts.change_account")
    contact = chosen(Contact, request.POST.get("contact", ""))
    change_account_contact(account=account, contact=contact, job_title=request.POST.get("job_title", ""))


def _note(request: HttpRequest, account: Account) -> None:
    demand(request, "contacts.add_accountnote")
    add_account_note(account=account, text=request.POST.get("text", ""))


VERBS: dict[str, Callable[[HttpRequest, Account], None]] = {
    "add": _add,
    "remove": _remove,
    "set_primary": _set_primary,
    "set_title": _set_title,
    "add_note": _note,
}


@admin.register(AccountContact)
class AccountContactAdmin(ShownOnly, BaseAdmin):
    """To look at; who belongs to an account is changed on its page, where it leaves facts."""

    list_display = ["contact", "account", "job_title", "is_primary", "created_at"]
    list_select_related = ["contact", "account"]
    list_filter = [("account", AutocompleteSelectFilter), "is_primary"]
    search_fields = ["contact__email", "account__name", "job_title"]
    fields = ["account", "contact", "job_title", "is_primary", "created_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccountNote)
class AccountNoteAdmin(BaseAdmin):
    list_display = ["excerpt", "account", "author", "created_at"]
    list_select_related = ["account", "author"]
    list_filter = [("author", RelatedDropdownFilter)]
    search_fields = ["text", "account__name"]
    autocomplete_fields = ["account"]
    fields = ["account", "text", "author", "created_at"]

    @display(description=gettext_lazy("note"))
    def excerpt(self, note: AccountNote) -> str:
        return note.text if len(note.text) <= 80 else f"{note.text[:79]}…"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["author", "created_at", *(["account"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: AccountNote, form: Any, change: bool) -> None:
        if not change:
            obj.author_id = request.user.pk
        super().save_model(request, obj, form, change)
