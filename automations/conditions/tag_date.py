"""How long the contact has had a tag."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import TAG_ADDED, TAG_REMOVED
from automations.names import name_of
from contacts.models import ContactTag, Tag

from .base import CONDITIONS, Condition, Moment, Settings
from .since import SinceForm, ago, since


class TagDateForm(SinceForm):
    tag = forms.ModelChoiceField(label=gettext_lazy("Tag"), queryset=Tag.objects.all())
    field_order = ("tag", "op", "days")


@CONDITIONS.register
class TagDateCondition(Condition):
    slug = "tag_date"
    label = gettext_lazy("Date a tag was added")
    Form = TagDateForm
    listens_to = (TAG_ADDED, TAG_REMOVED)
    changes_with_time = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = ContactTag.objects.filter(since("created_at", settings, moment), tag=settings["tag"])
        return Q(pk__in=rows.values("contact_id"))

    @classmethod
    def describe(cls, settings: Settings) -> str:
        return _("got the tag “%(tag)s” %(ago)s") % {"tag": name_of(Tag, settings["tag"]), "ago": ago(settings)}
