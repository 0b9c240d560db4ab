"""A form field that holds a tree of conditions."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import CONTACT
from .tree import clean_tree


class ConditionsWidget(forms.HiddenInput):
    """The tree as JSON in a hidden input, and beside it an editor of nested groups.

    Each condition is drawn with its own type's form; a script keeps the input up to date. Works
    on any page that loads the widget's media.
    """

    template_name = "automations/forms/conditions_widget.html"
    is_hidden = False
    subject = CONTACT

    class Media:
        css = {"all": ["automations/forms.css"]}
        js = ["automations/forms.js"]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        from .editor import group_item

        context = super().get_context(name, value, attrs)
        try:
            tree = json.loads(context["widget"]["value"] or "{}")
        except ValueError:
            tree = {}
        context["subject"] = self.subject
        context["group"] = group_item(tree if isinstance(tree, dict) else {}, subject=self.subject)
        return context

    def format_value(self, value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value or {})


class ConditionsField(forms.Field):
    """Cleans to a validated tree ({} where it may be empty), about contacts or a kind of record."""

    widget = ConditionsWidget
    default_error_messages = {"required": gettext_lazy("Add at least one condition.")}

    def __init__(self, *, subject: str = CONTACT, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subject = subject
        if isinstance(self.widget, ConditionsWidget):
            self.widget.subject = subject

    def to_python(self, value: Any) -> dict[str, Any]:
        if isinstance(value, str) and value.strip():
            try:
                value = json.loads(value)
            except ValueError:
                raise ValidationError(_("The conditions are not valid JSON.")) from None
        return clean_tree(value, self.subject)

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or {}) != self.to_python(data))
