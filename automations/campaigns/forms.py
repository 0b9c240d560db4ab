"""Forms of the campaign pages; what is sound the services say."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from automations.forms import RecordsField
from automations.personal import PersonalText
from contacts.models import Campaign, EmailTemplate, List, Segment


class CampaignForm(forms.ModelForm):
    lists = RecordsField(
        label=_("Lists"),
        queryset=List.objects.all(),
        required=False,
        help_text=_("Whoever is active on one of them. None: on any list, where a segment is chosen."),
    )
    segment = forms.ModelChoiceField(
        label=_("Segment"),
        queryset=Segment.objects.all(),
        required=False,
        empty_label=_("everyone on the lists"),
        help_text=_("Narrows the lists to those inside the segment."),
    )

    class Meta:
        model = Campaign
        fields = (
            "name", "lists", "segment", "subject", "preheader", "from_name", "from_email", "reply_to",
            "html", "text", "track_opens", "track_links",
        )  # fmt: skip
        help_texts = {
            "name": _("For yourself; recipients don't see it."),
            "preheader": _("The line that mail programs show beside the subject."),
            "html": _("Personalise with {{ contact.first_name | default: 'friend' }} and the like."),
            "text": _("Left empty, it is made from the HTML."),
            "from_email": _("Left empty, the installation's own sender."),
            "track_links": _("Links lead through this server first."),
        }
        widgets = {"html": PersonalText(attrs={"rows": 18, "spellcheck": "false"}),
                   "text": forms.Textarea(attrs={"rows": 5})}  # fmt: skip

    def _post_clean(self) -> None:
        """The services validate the record; a form on a bound instance would change it before they see it."""

    def written(self) -> tuple[dict[str, Any], Any]:
        """(values, lists) for `save_campaign`."""
        values = dict(self.cleaned_data)
        return values, values.pop("lists")

    def sections(self) -> dict[str, list[Any]]:
        """Bound fields by the parts of the page."""
        places = {
            "who": ("lists", "segment"),
            "head": ("subject", "preheader", "from_name", "from_email", "reply_to"),
            "body": ("html", "text"),
            "tracking": ("track_opens", "track_links"),
        }
        return {part: [self[name] for name in names] for part, names in places.items()}


class TemplateForm(forms.ModelForm):
    class Meta:
        model = EmailTemplate
        fields = ("name", "subject", "preheader", "html", "text")
        widgets = {"html": forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}),
                   "text": forms.Textarea(attrs={"rows": 5})}  # fmt: skip

    def _post_clean(self) -> None:
        """As above."""
