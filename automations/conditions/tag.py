"""Has, or has not, a tag."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import TAG_ADDED, TAG_REMOVED
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import ContactTag, Tag

from .base import CONDITIONS, Condition, Moment, Settings


class TagForm(SettingsForm):
    op = forms.ChoiceField(
        label="", choices=[("has", gettext_lazy("has")), ("has_not", gettext_lazy("has not"))], initial="has"
    )
    tag = forms.ModelChoiceField(label=gettext_lazy("Tag"), queryset=Tag.objects.all())


@CONDITIONS.register
class TagCondition(Condition):
    slug = "tag"
    label = gettext_lazy("Tag")
    Form = TagForm
    listens_to = (TAG_ADDED, TAG_REMOVED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        found = Q(pk__in=ContactTag.objects.filter(tag=settings["tag"]).values("contact_id"))
        return found if settings["op"] == "has" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("has the tag “%s”") if settings["op"] == "has" else _("does not have the tag “%s”")
        return text % name_of(Tag, settings["tag"])
