"""Automations, and the versions and revisions of each."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from automations import services
from automations.models import Automation, Revision, Version
from automations.selectors.overview import automations_with_figures
from automations.services.snapshots import shown_snapshot

from .base import AutomationsAdmin, ReadOnlyAdmin, builder_url


@admin.register(Automation)
class AutomationAdmin(AutomationsAdmin):
    """What an automation does is built on its own page; here are its settings, and switching many."""

    list_display = ["named", "state", "inside", "entered", "updated_at", "build"]
    list_filter = ["is_active", ("entry_policy", ChoicesDropdownFilter), ("lists", RelatedDropdownFilter)]
    search_fields = ["name", "description"]
    fields = ["name", "description", "entry_policy", "lists", "exit_on_unsubscribe", "exit_conversion", "clock"]
    autocomplete_fields = ["lists"]
    actions = ["activate_selected", "deactivate_selected"]
    actions_detail = ["open_builder", "publish", "activate", "deactivate"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return automations_with_figures()

    def save_model(self, request: HttpRequest, obj: Automation, form: Any, change: bool) -> None:
        names = form.changed_data if change else form.cleaned_data
        values = {name: form.cleaned_data[name] for name in names if name != "lists"}
        saved = services.save_automation(automation=obj if change else None, values=values)
        obj.__dict__.update(saved.__dict__)

    def delete_model(self, request: HttpRequest, obj: Automation) -> None:
        services.delete_automation(automation=obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for automation in queryset:
            services.delete_automation(automation=automation)

    @display(description=gettext_lazy("automation"), header=True, ordering="name")
    def named(self, automation: Automation) -> list[str]:
        return [automation.name, automation.description]

    @display(description=gettext_lazy("state"), ordering="is_active")
    def state(self, automation: Automation) -> str:
        return automation.state_label

    @display(description=gettext_lazy("inside"))
    def inside(self, automation: Any) -> int:
        return int(automation.inside)

    @display(description=gettext_lazy("entered"))
    def entered(self, automation: Any) -> int:
        return int(automation.entered)

    @display(description=gettext_lazy("builder"))
    def build(self, automation: Automation) -> str:
        return format_html('<a href="{}">{}</a>', builder_url(automation.pk), _("Open"))

    @admin.action(description=gettext_lazy("Activate"), permissions=["change"])
    def activate_selected(self, request: HttpRequest, queryset: Any) -> None:
        for automation in queryset:
            self._activate(request, automation)

    @admin.action(description=gettext_lazy("Deactivate"), permissions=["change"])
    def deactivate_selected(self, request: HttpRequest, queryset: Any) -> None:
        for automation in queryset:
            self._deactivate(request, automation)

    @action(
        description=gettext_lazy("Open the builder"), url_path="build", icon="account_tree", permissions=["view"]
    )
    def open_builder(self, request: HttpRequest, object_id: str) -> HttpResponse:
        automation = self.found(request, object_id)
        return self.to_list() if automation is None else _redirect(builder_url(automation.pk))

    @action(description=gettext_lazy("Publish"), url_path="publish", icon="publish", permissions=["change"])
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        lead = _("The draft becomes the version that runs. Contacts inside go on where they are.")
        return self._once_sure(request, object_id, self._publish, _("Publish"), "publish", lead)

    @action(description=gettext_lazy("Activate"), url_path="activate", icon="play_arrow", permissions=["change"])
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        lead = _("Contacts enter from now on, and those inside go on.")
        return self._once_sure(request, object_id, self._activate, _("Activate"), "play_arrow", lead)

    @action(description=gettext_lazy("Deactivate"), url_path="deactivate", icon="pause", permissions=["change"])
    def deactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        lead = _("Nobody enters any more, and the contacts inside stay where they are until it is active again.")
        return self._once_sure(request, object_id, self._deactivate, _("Deactivate"), "pause", lead)

    def _once_sure(
        self,
        request: HttpRequest,
        object_id: str,
        act: Callable[[HttpRequest, Automation], None],
        title: str,
        icon: str,
        lead: str,
    ) -> HttpResponse:
        """The buttons are links: what they lead to asks first, so that no link from elsewhere acts."""
        automation = self.found(request, object_id)
        if automation is None:
            return self.to_list()
        if request.method == "POST":
            act(request, automation)
            return self.to_change(object_id)
        context = self.page(
            request, title=title, icon=icon, lead=lead, original=automation,
            back_url=self.url("change", automation.pk),
        )  # fmt: skip
        return TemplateResponse(request, "admin/contacts/confirm.html", context)

    def _publish(self, request: HttpRequest, automation: Automation) -> None:
        try:
            version = services.publish(automation=automation)
        except ValidationError as error:
            self.tell(request, error)
        else:
            self.message_user(request, _("Published as %s.") % version, messages.SUCCESS)

    def _activate(self, request: HttpRequest, automation: Automation) -> None:
        try:
            late = services.activate(automation=automation)
        except ValidationError as error:
            for message in error.messages:
                self.message_user(request, f"{automation}: {message}", messages.ERROR)
            return
        text = _("“%s” is active.") % automation
        if late.contacts:
            text += " " + ngettext(
                "%d contact has work that came due meanwhile; it is done bit by bit.",
                "%d contacts have work that came due meanwhile; it is done bit by bit.",
                late.contacts,
            ) % late.contacts  # fmt: skip
        if late.messages:
            text += " " + ngettext(
                "%d message that was held goes out bit by bit.",
                "%d messages that were held go out bit by bit.",
                late.messages,
            ) % late.messages  # fmt: skip
        self.message_user(request, text, messages.SUCCESS)

    def _deactivate(self, request: HttpRequest, automation: Automation) -> None:
        services.deactivate(automation=automation)
        text = _("“%s” is inactive; the contacts in it stay where they are.") % automation
        self.message_user(request, text, messages.SUCCESS)


def _redirect(url: str) -> HttpResponse:
    from django.http import HttpResponseRedirect

    return HttpResponseRedirect(url)


class SnapshotAdmin(ReadOnlyAdmin):
    """A draft as it once was."""

    list_filter = [("automation", AutocompleteSelectFilter)]
    list_select_related = ["automation", "created_by"]
    search_fields = ["automation__name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("automation", "created_by")

    @display(description=gettext_lazy("content"))
    def content(self, row: Any) -> str:
        text = json.dumps(shown_snapshot(row.snapshot), indent=2, ensure_ascii=False)
        return format_html('<pre class="c-pre">{}</pre>', text)


@admin.register(Version)
class VersionAdmin(SnapshotAdmin):
    list_display = ["__str__", "automation", "created_at", "created_by"]
    fields = ["automation", "number", "created_at", "created_by", "content"]
    readonly_fields = ["content"]


@admin.register(Revision)
class RevisionAdmin(SnapshotAdmin):
    list_display = ["label", "automation", "number", "created_at", "created_by"]
    fields = ["automation", "number", "label", "created_at", "created_by", "content"]
    readonly_fields = ["content"]
