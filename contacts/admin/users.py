"""Users, groups and API tokens in the admin's theme. Nobody gets more here than they have."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from rest_framework.authtoken.admin import TokenAdmin as FrameworkTokenAdmin
from rest_framework.authtoken.models import TokenProxy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from contacts.services.tokens import revoke_token
from contacts.services.users import check_deletable

from .base import BaseAdmin, ShownOnly

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister(TokenProxy)


def _above(request: HttpRequest, user: User) -> bool:
    """Whether somebody who is not a superuser has a superuser before them."""
    return user.is_superuser and not getattr(request.user, "is_superuser", False)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, BaseAdmin):
    """Managers look after users, but make no superuser and touch none: not the password either."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "first_name", "last_name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]
    list_filter_submit = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if getattr(request.user, "is_superuser", False) else (*fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and _above(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and _above(request, obj))

    def check_deletable(self, record: Any) -> None:
        check_deletable(user=record)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, BaseAdmin):
    pass


@admin.register(TokenProxy)
class TokenAdmin(ShownOnly, FrameworkTokenAdmin, BaseAdmin):
    """Who has an API token. A key is shown to nobody here: whoever has it acts as its user.

    Tokens are made at /api/v1/token/ by those they belong to; deleting one revokes it.
    """

    list_display = ["user", "created"]
    list_display_links = ["user"]
    list_filter = ["created"]
    list_select_related = ["user"]
    fields = ["user", "created"]
    search_fields = ["user__username"]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With its user's name in the place of the key, by which pages and the log would call it."""
        token = super().get_object(request, object_id, from_field)
        if token is not None:
            token.key = token.user.get_username()
        return token

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        revoke_token(user=obj.user)
