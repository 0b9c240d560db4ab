"""Whose contact it is."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import CONTACT_CREATED, FIELD_CHANGED
from automations.forms import SettingsForm
from automations.names import name_of

from .base import CONDITIONS, Condition, Moment, Settings

OPS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "set": gettext_lazy("is anyone"),
    "unset": gettext_lazy("is nobody"),
}


class OwnerForm(SettingsForm):
    op = forms.ChoiceField(label="", choices=list(OPS.items()), initial="is")
    user = forms.ModelChoiceField(
        label=gettext_lazy("User"), queryset=get_user_model()._default_manager.all(), required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("op") in ("set", "unset"):
            data["user"] = None
        elif not data.get("user") and "user" not in self.errors:
            self.add_error("user", ValidationError(_("Choose the user."), code="required"))
        return data


@CONDITIONS.register
class OwnerCondition(Condition):
    slug = "owner"
    label = gettext_lazy("Owner")
    Form = OwnerForm
    listens_to = (FIELD_CHANGED, CONTACT_CREATED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        op = settings["op"]
        if op in ("set", "unset"):
            return Q(owner__isnull=op == "unset")
        # A contact without an owner is not this user's either.
        mine = Q(owner=settings["user"])
        return mine if op == "is" else ~mine

    @classmethod
    def describe(cls, settings: Settings) -> str:
        if settings["op"] == "set":
            return _("has an owner")
        if settings["op"] == "unset":
            return _("has no owner")
        text = _("belongs to %s") if settings["op"] == "is" else _("does not belong to %s")
        return text % name_of(get_user_model(), settings["user"])
