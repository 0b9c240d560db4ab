"""What the admin pages of this app share."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import get_script_prefix, reverse
from django.utils.html import format_html

from automations.models import Automation
from contacts.admin.base import BaseAdmin, ShownOnly


def builder_url(automation_id: int) -> str:
    """The page on which people build the automation."""
    return f"{get_script_prefix()}automations/{automation_id}/"


def automation_link(automation: Automation | None) -> str:
    if automation is None:
        return "-"
    url = reverse("admin:automations_automation_change", args=[automation.pk])
    return format_html('<a href="{}">{}</a>', url, automation)


class AutomationsAdmin(BaseAdmin):
    """Services decide; what they refuse is a message on the page."""

    class Media:
        css = {"all": ["automations/admin.css"]}

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as error:
            self.tell(request, error)
            return self.to_change(object_id)

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:
        try:
            return super().response_action(request, queryset)
        except ValidationError as error:
            self.tell(request, error)
            return HttpResponseRedirect(request.get_full_path())


class ReadOnlyAdmin(ShownOnly, AutomationsAdmin):
    """Records that the engine writes: looked at, and changed only by actions."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Asked for actions: `change` itself would make the page a form."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")
