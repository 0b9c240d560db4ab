"""Which e-mails a trigger is about: what the e-mail triggers share (spec: email_opened and its siblings).

A trigger type subclasses `EmailTrigger`, and its form `EmailTriggerForm`. What an e-mail can be (`kind`:
one of a campaign, a transactional or a personal one) are options, registered here: a form names those
that its type has, and offers those of them that exist.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import Availability
from automations.events import Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from automations.registry import Registry
from contacts.models import Campaign, List
from contacts.models.campaigns import CampaignKind


class EmailOption:
    """A kind of e-mail that a trigger can be about. `slug` is an EmailKind; `fields` are its settings."""

    slug: ClassVar[str]
    label: ClassVar[Any]
    fields: ClassVar[tuple[str, ...]] = ()
    #: Beside the type's own.
    availability: ClassVar[Availability] = Availability()

    @classmethod
    def check(cls, form: forms.Form, data: dict[str, Any]) -> None:
        """Add errors to `form`, and blank in `data` what the other settings make meaningless."""

    @classmethod
    def index_keys(cls, trigger: "EmailTrigger") -> Iterable[Hashable]:
        return [None]

    @classmethod
    def matches(cls, trigger: "EmailTrigger", data: Mapping[str, Any]) -> bool:
        """`data` is the event's; that the kind is this one has been seen already."""
        return True

    @classmethod
    def lists(cls, trigger: "EmailTrigger") -> set[int]:
        return set()

    @classmethod
    def lists_of(cls, trigger: "EmailTrigger", data: Mapping[str, Any]) -> set[int]:
        return set()

    @classmethod
    def describe(cls, trigger: "EmailTrigger") -> str:
        """The e-mail, as a part of a sentence: “an e-mail to the list ‘News’”."""
        raise NotImplementedError  # every option has its own


EMAIL_OPTIONS: Registry[EmailOption] = Registry("e-mail option", required=("label",))


def required(message: Any = "") -> ValidationError:
    """What is still to be filled in: a draft may go without it."""
    return ValidationError(message or _("This field is required."), code="required")


@EMAIL_OPTIONS.register
class CampaignOption(EmailOption):
    """E-mails of campaigns and automations: any, one, or those that were sent to lists."""

    slug = "campaign"
    label = gettext_lazy("Campaign or automation e-mail")
    fields = ("scope", "campaign", "list")

    @classmethod
    def check(cls, form: forms.Form, data: dict[str, Any]) -> None:
        for name in ("campaign", "list"):
            if data.get("scope") != name:
                data[name] = None
            elif not data.get(name) and name not in form.errors:
                form.add_error(name, required())

    @classmethod
    def index_keys(cls, trigger: "EmailTrigger") -> Iterable[Hashable]:
        return [trigger.campaign_id if trigger.scope == "campaign" else None]

    @classmethod
    def matches(cls, trigger: "EmailTrigger", data: Mapping[str, Any]) -> bool:
        lists = data.get("lists") or []
        return {
            "any": True,
            "campaign": trigger.campaign_id is not None and data.get("campaign") == trigger.campaign_id,
            "any_list": bool(lists),
            "list": trigger.list_id in lists,
        }[trigger.scope]

    @classmethod
    def lists(cls, trigger: "EmailTrigger") -> set[int]:
        if trigger.scope == "campaign" and trigger.campaign_id:
            return set(List.objects.filter(campaigns=trigger.campaign_id).values_list("pk", flat=True))
        return {trigger.list_id} if trigger.scope == "list" and trigger.list_id else set()

    @classmethod
    def lists_of(cls, trigger: "EmailTrigger", data: Mapping[str, Any]) -> set[int]:
        return set() if trigger.scope == "list" else set(data.get("lists") or ())

    @classmethod
    def describe(cls, trigger: "EmailTrigger") -> str:
        if trigger.scope == "campaign":
            if not trigger.campaign_id:
                return _("one e-mail (not chosen yet)")
            return _("the e-mail “%s”") % name_of(Campaign, trigger.campaign_id)
        if trigger.scope == "list":
            if not trigger.list_id:
                return _("an e-mail to one list (not chosen yet)")
            return _("an e-mail to the list “%s”") % name_of(List, trigger.list_id)
        return _("any e-mail to a list") if trigger.scope == "any_list" else _("any e-mail")


class OptionField(forms.ChoiceField):
    """The options named, as far as they exist: one that is registered later is offered from then on."""

    def __init__(self, *names: str, **kwargs: Any) -> None:
        def choices() -> list[tuple[str, Any]]:
            return [(name, EMAIL_OPTIONS[name].label) for name in names if name in EMAIL_OPTIONS]

        super().__init__(
            label=gettext_lazy("Kind of e-mail"), choices=choices, required=False, initial=names[0], **kwargs
        )

    def clean(self, value: Any) -> Any:
        return super().clean(value) or self.initial


class EmailTriggerForm(SettingsForm):
    """A type with more options than the campaign's declares `kind` again, and the options' fields."""

    depends = {
        "scope": ("kind", ("campaign",)),
        "campaign": ("scope", ("campaign",)),
        "list": ("scope", ("list",)),
    }

    kind = OptionField("campaign")
    scope = forms.ChoiceField(
        label=gettext_lazy("Which e-mails"),
        choices=[
            ("any", gettext_lazy("any e-mail")),
            ("campaign", gettext_lazy("one campaign or automation e-mail")),
            ("any_list", gettext_lazy("any e-mail that went to a list")),
            ("list", gettext_lazy("e-mails that went to one list")),
        ],
        required=False,
        initial="any",
    )
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("E-mail"),
        queryset=Campaign.objects.exclude(kind=CampaignKind.PERSONAL),
        required=False,
    )
    list = forms.ModelChoiceField(label=gettext_lazy("List"), queryset=List.objects.all(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind: Any = self.fields["kind"]
        if len(list(kind.choices)) == 1:
            kind.widget = forms.HiddenInput()

    def clean_scope(self) -> str:
        return self.cleaned_data["scope"] or "any"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = data.get("kind")
        if kind is None:
            return data
        for option in EMAIL_OPTIONS:
            if option.slug != kind:
                self._blank(option, data)
        EMAIL_OPTIONS[kind].check(self, data)
        return data

    def _blank(self, option: type[EmailOption], data: dict[str, Any]) -> None:
        for name in option.fields:
            if name in self.fields:
                field = self.fields[name]
                data[name] = field.initial if field.initial is not None else getattr(field, "empty_value", None)


class EmailTrigger(Trigger):
    """Model of the e-mail triggers. A type that looks at more than the e-mail has `matches_more`."""

    family = "email"

    kind = models.CharField(gettext_lazy("kind of e-mail"), max_length=13, default="campaign")
    scope = models.CharField(gettext_lazy("which e-mails"), max_length=8, default="any")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("e-mail")
    )
    list = models.ForeignKey(
        List, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("list")
    )

    class Meta:
        abstract = True

    @property
    def option(self) -> type[EmailOption] | None:
        """None for one whose module is gone: nothing matches it."""
        return EMAIL_OPTIONS.get(self.kind)

    def index_keys(self) -> Iterable[Hashable]:
        return self.option.index_keys(self) if self.option else []

    def match(self, event: Event) -> Sequence[int]:
        data, option = event.data, self.option
        found = option is not None and data.get("kind") == self.kind and option.matches(self, data)
        return event.contact_ids if found and self.matches_more(data) else []

    def matches_more(self, data: Mapping[str, Any]) -> bool:
        """What the type asks besides which e-mail it is: a link, a network."""
        return True

    def lists(self) -> set[int]:
        return self.option.lists(self) if self.option else set()

    def lists_of(self, event: Event) -> set[int]:
        return self.option.lists_of(self, event.data) if self.option else set()

    def locked(self, plan: str, addons: Sequence[str]) -> str:
        reason = super().locked(plan, addons)
        if reason or self.option is None or self.option.availability.allows(plan, list(addons)):
            return reason
        return self.option.availability.locked_reason(f"{self.label}: {self.option.label}")

    def email_text(self) -> str:
        """The e-mails it is about, as a part of the trigger's sentence."""
        return self.option.describe(self) if self.option else _("an e-mail of an unknown kind")
