"""A record of a custom object is created (spec: custom_object_created)."""

from collections.abc import Hashable, Iterable

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import OBJECT_CREATED
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import ObjectType

from .base import TRIGGERS
from .custom_object import ObjectTrigger, TypeField


@TRIGGERS.register
class CustomObjectCreatedTrigger(ObjectTrigger):
    slug = "custom_object_created"
    label = gettext_lazy("Custom object is created")
    summary = gettext_lazy("A record of a custom object is made; all contacts that it is related to enter.")
    sentence = gettext_lazy("%s is created")
    listens_to = OBJECT_CREATED

    object_type = models.ForeignKey(
        ObjectType, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("custom object")
    )

    class Form(SettingsForm):
        object_type = TypeField()

    def index_keys(self) -> Iterable[Hashable]:
        return [self.object_type_id]

    def describe(self) -> str:
        if not self.object_type_id:
            return str(_("A custom object is created (not chosen yet)"))
        return _("%s is created") % name_of(ObjectType, self.object_type_id)
