"""A tag is taken off a contact (spec: tag_removed)."""

from collections.abc import Hashable, Iterable

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import TAG_REMOVED
from automations.forms import RecordsField, SettingsForm
from automations.models import Trigger
from automations.names import names_of
from contacts.models import Tag

from .base import TRIGGERS


@TRIGGERS.register
class TagRemovedTrigger(Trigger):
    slug = "tag_removed"
    label = gettext_lazy("Tag is removed")
    summary = gettext_lazy("A tag is taken off a contact, whoever does it.")
    family = "contacts"
    icon = "label_off"
    synonyms = (gettext_lazy("untagged"), gettext_lazy("label"))
    listens_to = TAG_REMOVED

    # Several mean “any of them”.
    tags = models.JSONField(gettext_lazy("tags"), default=list)

    class Form(SettingsForm):
        tags = RecordsField(
            label=gettext_lazy("Tag"),
            queryset=Tag.objects.all(),
            help_text=gettext_lazy("With several, any one of them starts the automation."),
            error_messages={"required": gettext_lazy("Choose at least one tag.")},
        )

    def index_keys(self) -> Iterable[Hashable]:
        return [int(tag) for tag in self.tags]

    def describe(self) -> str:
        if not self.tags:
            return _("A tag is removed (not chosen yet)")
        return _("The tag %s is removed") % names_of(Tag, self.tags)
