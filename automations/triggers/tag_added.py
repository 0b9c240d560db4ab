"""A tag is put on a contact (spec: tag_added). Putting on a tag that is there is no change."""

from collections.abc import Hashable, Iterable

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import TAG_ADDED
from automations.forms import RecordsField, SettingsForm
from automations.models import Trigger
from automations.names import names_of
from contacts.models import Contact, ContactTag, Tag

from .base import TRIGGERS


@TRIGGERS.register
class TagAddedTrigger(Trigger):
    slug = "tag_added"
    label = gettext_lazy("Tag is added")
    summary = gettext_lazy("A tag is put on a contact: by hand, an import, a form, an automation or the API.")
    family = "contacts"
    icon = "label"
    synonyms = (gettext_lazy("label"), gettext_lazy("tagged"))
    listens_to = TAG_ADDED

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

    def meets_now(self) -> QuerySet[Contact]:
        return Contact.objects.filter(pk__in=ContactTag.objects.filter(tag__in=self.tags).values("contact_id"))

    def describe(self) -> str:
        if not self.tags:
            return _("A tag is added (not chosen yet)")
        return _("The tag %s is added") % names_of(Tag, self.tags)
