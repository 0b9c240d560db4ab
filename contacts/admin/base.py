"""What the admin pages share."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold import widgets
from unfold.admin import ModelAdmin

from contacts.audit import is_watched
from contacts.services.usage import InUse, check_unused

STYLED: dict[type[forms.Widget], type[forms.Widget]] = {
    forms.TextInput: widgets.UnfoldAdminTextInputWidget,
    forms.EmailInput: widgets.UnfoldAdminEmailInputWidget,
    forms.URLInput: widgets.UnfoldAdminURLInputWidget,
    forms.NumberInput: widgets.UnfoldAdminDecimalFieldWidget,
    forms.Textarea: widgets.UnfoldAdminTextareaWidget,
    forms.Select: widgets.UnfoldAdminSelectWidget,
    forms.CheckboxInput: widgets.UnfoldBooleanSwitchWidget,
    forms.CheckboxSelectMultiple: widgets.UnfoldAdminCheckboxSelectMultipleWidget,
    forms.RadioSelect: widgets.UnfoldAdminRadioSelectWidget,
}


def styled(form: forms.BaseForm) -> Any:
    """The form with the admin theme's widgets in place of Django's plain ones."""
    for field in form.fields.values():
        themed = STYLED.get(type(field.widget))
        if themed is None:
            _dress(field.widget)
            continue
        plain = field.widget
        field.widget = themed(attrs=plain.attrs)
        field.widget.is_required = plain.is_required
        if hasattr(plain, "choices"):
            field.widget.choices = plain.choices
    return form


def _dress(widget: forms.Widget) -> None:
    """A text control that draws something of its own besides keeps doing so, in the theme's colours."""
    for kind in (forms.Textarea, forms.TextInput, forms.PasswordInput):
        if isinstance(widget, kind) and "class" not in widget.attrs:
            like = forms.Textarea if kind is forms.Textarea else forms.TextInput
            widget.attrs["class"] = STYLED[like]().attrs["class"]


def messages_of(error: ValidationError) -> list[str]:
    """The sentences of an error, whether it is one, a list or by field."""
    return [str(message) for message in error.messages]


class ShownOnly:
    """Mixed in before the page: nobody adds or changes a record by hand. Deleting is the page's own matter."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BaseAdmin(ModelAdmin):
    """No page counts a whole table, and a refused deletion is an answer, not a crash."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_filter_submit = True
    warn_unsaved_form = True
    list_per_page = 50
    compressed_fields = True

    class Media:
        css = {"all": ["contacts/contacts.css"]}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if is_watched(type(obj)) else super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if is_watched(type(obj)) else super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Of one record Django passes a list, of several a queryset; all of one model."""
        watched = any(is_watched(type(obj)) for obj in queryset[:1])
        return None if watched else super().log_deletions(request, queryset)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        if not changelist.query and not changelist.has_active_filters:
            # The header offers to “show all” only where something is filtered out.
            changelist.full_result_count = changelist.result_count
        return changelist

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Names the uses that forbid it. Does not collect what goes with it: that may be a million rows."""
        records: list[models.Model] = list(objs)
        protected: list[str] = []
        for record in records:
            try:
                self.check_deletable(record)
            except InUse as error:
                protected += messages_of(error)
        allowed = all(self.has_delete_permission(request, record) for record in records)
        lacking = set() if allowed else {str(self.opts.verbose_name)}
        names = [str(record) for record in records]
        return names, {str(self.opts.verbose_name_plural): len(records)}, lacking, protected

    def check_deletable(self, record: Any) -> None:
        """Raise InUse with what keeps the record from being deleted, the same as deleting it would."""
        check_unused(record=record)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except InUse as error:
            self.tell(request, error)
            return self.to_change(object_id)

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:
        try:
            return super().response_action(request, queryset)
        except InUse as error:
            self.tell(request, error)
            return HttpResponseRedirect(request.get_full_path())

    def tell(self, request: HttpRequest, error: ValidationError) -> None:
        for message in messages_of(error):
            self.message_user(request, message, messages.ERROR)

    def url(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def to_change(self, object_id: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.url("change", quote(object_id)))

    def to_list(self) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.url("changelist"))

    def page(self, request: HttpRequest, **context: Any) -> dict[str, Any]:
        """The context of a page of our own, within the admin's frame."""
        return {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, **context}

    def found(self, request: HttpRequest, object_id: str) -> Any:
        """The record, or None after a message that it is gone."""
        record = self.get_object(request, object_id)
        if record is None:
            self.message_user(
                request,
                _("This %s does not exist; perhaps it was deleted.") % self.opts.verbose_name,
                messages.WARNING,
            )
        return record
