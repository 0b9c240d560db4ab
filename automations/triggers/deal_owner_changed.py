"""A deal gets another owner (spec: deal_owner_changed)."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS
from automations.events import DEAL_OWNER_CHANGED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of

from .base import TRIGGERS
from .deal_event import from_to

SIDES = (
    ("any", gettext_lazy("anybody or nobody")),
    ("user", gettext_lazy("this user")),
    ("nobody", gettext_lazy("nobody")),
)


def _user(label: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=label, queryset=get_user_model()._default_manager.order_by("username"), required=False
    )


@TRIGGERS.register
class DealOwnerChangedTrigger(Trigger):
    slug = "deal_owner_changed"
    label = gettext_lazy("Deal owner changes")
    summary = gettext_lazy("A deal is given to another user, or to nobody.")
    family = "deals"
    icon = "person"
    synonyms = (gettext_lazy("assigned"), gettext_lazy("handed over"))
    availability = ADD_ONS
    listens_to = DEAL_OWNER_CHANGED
    record = "deal"
    multi_contact = True

    old = models.CharField(max_length=6, default="any")
    old_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    new = models.CharField(max_length=6, default="any")
    new_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Form(SettingsForm):
        depends = {"old_user": ("old", ("user",)), "new_user": ("new", ("user",))}

        old = forms.ChoiceField(label=gettext_lazy("From"), choices=SIDES, initial="any")
        old_user = _user(gettext_lazy("From user"))
        new = forms.ChoiceField(label=gettext_lazy("To"), choices=SIDES, initial="any")
        new_user = _user(gettext_lazy("To user"))

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            for side in ("old", "new"):
                name = f"{side}_user"
                if data.get(side) != "user":
                    data[name] = None
                elif not data.get(name) and name not in self.errors:
                    self.add_error(name, forms.ValidationError(_("Choose the user."), code="required"))
            sides = [(data.get(side), data.get(f"{side}_user")) for side in ("old", "new")]
            if sides[0] == sides[1] and sides[0][0] in ("user", "nobody") and not self.errors:
                name = "new_user" if sides[0][0] == "user" else "new"
                self.add_error(name, _("“From” and “to” are the same: that is no change."))
            return data

    def concerns(self, event: Event) -> bool:
        old, new = event.change or ("", "")
        return self._fits(self.old, self.old_user_id, old) and self._fits(self.new, self.new_user_id, new)

    def _fits(self, side: str, user: int | None, text: str) -> bool:
        return side == "any" or text == (str(user) if side == "user" else "")

    def describe(self) -> str:
        old, new = self._shown(self.old, self.old_user_id), self._shown(self.new, self.new_user_id)
        return _("A deal's owner changes%s") % from_to(old, new)

    def _shown(self, side: str, user: int | None) -> str:
        return {"user": name_of(get_user_model(), user) if user else "", "nobody": _("nobody")}.get(side, "")
