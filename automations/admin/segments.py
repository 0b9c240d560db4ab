"""Saved segments, with what their conditions mean: a sentence, and how many contacts meet them now."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from automations.conditions.fields import ConditionsField
from automations.names import remembered_names
from automations.selectors.segments import contacts_in, sentence_of
from contacts.admin.segments import SegmentAdmin as PlainSegmentAdmin
from contacts.models import Segment

from .forms import themed


class SegmentForm(forms.ModelForm):
    conditions = ConditionsField(
        label=_("Conditions"),
        required=False,
        help_text=_("Without any, every contact is in the segment."),
    )

    class Meta:
        model = Segment
        fields = ["name", "description", "conditions"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        themed(self)


class SegmentAdmin(PlainSegmentAdmin):
    form = SegmentForm
    list_display = ["name", "description", "sentence", "updated_at"]
    readonly_fields = ["sentence", "count"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ["name", "description", "conditions"]
        return [*own, "sentence", "count"] if obj else own

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        with remembered_names():
            response: Any = super().changelist_view(request, extra_context)
            return response.render() if hasattr(response, "render") else response

    @display(description=_("in words"))
    def sentence(self, segment: Segment) -> str:
        return sentence_of(segment.conditions)

    @display(description=_("contacts now"))
    def count(self, segment: Segment) -> int:
        return contacts_in(segment.conditions).count()


if admin.site.is_registered(Segment):
    # The contacts app's own page can't know what conditions mean.
    admin.site.unregister(Segment)
admin.site.register(Segment, SegmentAdmin)
