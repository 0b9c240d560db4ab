"""Forms of triggers and steps in the admin: the type's own settings form, and what all have beside it."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from automations.conditions.fields import ConditionsField
from automations.forms import SettingsForm
from automations.models import Automation, Step, Trigger
from automations.models.configured import Configured
from automations.models.trigger import Recipients, Runs
from automations.services import add_step, add_trigger, update_step, update_trigger
from automations.trigger_rules import RULES, fit_to_records
from contacts.admin.base import styled

Place = tuple[str, str]


THEMED: dict[type[forms.Widget], Any] = {
    forms.SelectMultiple: lambda plain: widgets.UnfoldAdminSelectMultipleWidget(attrs=plain.attrs),
    forms.DateInput: lambda plain: widgets.UnfoldAdminTextInputWidget(attrs={**plain.attrs, "type": "date"}),
    forms.PasswordInput: lambda plain: widgets.UnfoldAdminPasswordWidget(attrs=plain.attrs, render_value=True),
    forms.TimeInput: lambda plain: widgets.UnfoldAdminTextInputWidget(attrs={**plain.attrs, "type": "time"}),
}


def themed(form: forms.BaseForm) -> Any:
    """`styled`, and the widgets that settings forms have besides."""
    for field in form.fields.values():
        make = THEMED.get(type(field.widget))
        if make is None:
            continue
        plain, field.widget = field.widget, make(field.widget)
        field.widget.is_required = plain.is_required
        if hasattr(plain, "choices"):
            field.widget.choices = plain.choices
    return styled(form)


class _Rehearsed(Exception):
    """Rolls a rehearsal back."""


class PartForm(forms.ModelForm):
    """Validated by the type's form and written by the services of drafts, as everywhere.

    Before it says that it is valid, it rehearses the write and rolls it back: what only the
    service can refuse (a locked type, a place that is taken) is an error of the form too.
    """

    part: ClassVar[type[Configured]]
    #: Of a part that is added.
    automation: ClassVar[Automation | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.automation is not None and self.instance._state.adding:
            self.instance.automation = self.automation
        self.inner = self._inner(None)
        for name, field in self.inner.fields.items():
            if name in self.fields:
                self.fields[name] = field
        if not self.instance._state.adding:
            self.initial.update(self.instance.shown_settings())
        themed(self)

    def _inner(self, data: Any) -> SettingsForm:
        return self.part.Form(data, owner=self.instance)

    def _clean_fields(self) -> None:
        """Leaves the settings to their own form."""
        every = self.fields
        self.fields = {name: field for name, field in every.items() if name not in self.inner.fields}
        super()._clean_fields()  # type: ignore[misc]  # Django's, not in the stubs
        self.fields = every

    def clean(self) -> dict[str, Any]:
        self.inner = self._inner(self.data)
        for name, errors in self.inner.errors.as_data().items():
            for error in errors:
                self.add_error(name if name in self.fields else None, error)
        if not self.errors:
            self._rehearse()
        return self.cleaned_data

    def _get_validation_exclusions(self) -> set[str]:
        """Nothing is left to the model: the settings form has checked it."""
        return {field.name for field in self.instance._meta.fields}

    def _rehearse(self) -> None:
        try:
            with transaction.atomic():
                self.write()
                raise _Rehearsed
        except _Rehearsed:
            pass
        except ValidationError as error:
            for message in error.messages:
                self.add_error(None, message)

    def write(self) -> Any:
        """Add or change the part; the stored one."""
        raise NotImplementedError  # pragma: no cover - both kinds have it


class TriggerForm(PartForm):
    runs = forms.ChoiceField(label=_("Runs"), choices=Runs.choices, initial=Runs.ONCE)
    segment = ConditionsField(
        label=_("Segment"), required=False, help_text=_("Conditions on the contact, asked once, at the event.")
    )

    recipients = forms.ChoiceField(label=_("Which contacts"), choices=Recipients.choices, initial=Recipients.ALL)

    class Meta:
        model = Trigger
        fields: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fit_to_records(self, type(self.instance))
        self.initial.update({name: getattr(self.instance, name) for name in RULES})
        if self.instance.fixed_runs and "runs" in self.fields:
            # A choice field, which the stubs can't tell from its name.
            self.fields["runs"].choices = [(self.instance.fixed_runs, Runs(self.instance.fixed_runs).label)]  # type: ignore[attr-defined]  # a choice field

    def write(self) -> Trigger:
        values = {name: self.cleaned_data[name] for name in RULES if name in self.cleaned_data}
        values["settings"] = self.inner.cleaned_settings()
        if self.instance._state.adding:
            return add_trigger(automation=self.instance.automation, type=self.instance.slug, **values)
        return update_trigger(trigger=self.instance, **values)


class StepForm(PartForm):
    place = forms.ChoiceField(
        label=_("After"), required=False, help_text=_("What stands there follows the new step.")
    )
    enabled = forms.BooleanField(label=_("Enabled"), required=False, initial=True)

    class Meta:
        model = Step
        fields: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["enabled"] = self.instance.enabled
        if "place" in self.fields and self.automation is not None:
            places = place_choices(self.automation)
            # A choice field, which the stubs can't tell from its name.
            self.fields["place"].choices = places  # type: ignore[attr-defined]  # a choice field
            self.initial.setdefault("place", places[-1][0])

    def write(self) -> Step:
        settings, enabled = self.inner.cleaned_settings(), self.cleaned_data["enabled"]
        if not self.instance._state.adding:
            return update_step(step=self.instance, settings=settings, enabled=enabled)
        parent, _colon, arm = self.cleaned_data.get("place", "").partition(":")
        step = add_step(
            automation=self.instance.automation,
            type=self.instance.slug,
            parent=parent,
            arm=arm,
            settings=settings,
        )
        return step if enabled else update_step(step=step, enabled=False)


def place_choices(automation: Automation) -> list[tuple[str, Any]]:
    """Every edge of the draft, from the top down."""
    steps = {step.key: step for step in automation.steps.all()}
    choices: list[tuple[str, Any]] = [("", _("At the top"))]
    children: dict[Place, str] = {(step.parent, step.arm): key for key, step in steps.items()}
    stack = [children.get(("", ""), "")]
    while stack:
        step = steps.get(stack.pop())
        if step is None:
            continue
        for arm in step.arms():
            label = f"{step.describe()} → {arm.label}" if arm.label else step.describe()
            choices.append((f"{step.key}:{arm.name}", label))
        stack += [children.get((step.key, arm.name), "") for arm in reversed(step.arms())]
    return choices
