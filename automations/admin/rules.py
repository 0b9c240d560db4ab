"""Pages of rules: first what they answer, by family as for triggers, then the form of that type."""

from collections import defaultdict
from typing import Any, ClassVar

from django import forms
from django.contrib.messages import SUCCESS
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.conditions.fields import ConditionsField
from automations.forms import SettingsForm
from automations.models import Account, Trigger
from automations.models.rules import Rule
from automations.names import remembered_names
from automations.triggers import FAMILIES, TRIGGERS

from .base import AutomationsAdmin
from .forms import themed

#: The settings of the trigger type stand beside the rule's own fields, whose names they may share.
PREFIX = "settings"
#: Stands for conditions that come true, where a type's slug is asked for.
CONDITIONS = "conditions"


class RuleForm(forms.ModelForm):
    """The rule's own fields, and the settings form of its trigger type as the one validator of those."""

    part: ClassVar[type[Trigger] | None] = None
    conditions = ConditionsField(label=gettext_lazy("Conditions on the contact"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("conditions", self.instance.conditions)
        self.inner: SettingsForm | None = None
        if self.part is not None:
            self.instance.trigger = self.part.slug
            self.inner = self._inner(self.part, None)
            for name, field in self.inner.fields.items():
                if f"{PREFIX}-{name}" in self.fields:
                    self.fields[f"{PREFIX}-{name}"] = field
            self.initial.update({f"{PREFIX}-{name}": value for name, value in self.instance.settings.items()})
        if "conditions" in self.fields:
            self.fields["conditions"].required = self.part is None
        themed(self)

    def _inner(self, part: type[Trigger], data: Any) -> SettingsForm:
        return part.Form(data, owner=part(), prefix=PREFIX)

    def _clean_fields(self) -> None:
        """Leaves the settings to their own form."""
        every = self.fields
        self.fields = {name: field for name, field in every.items() if not name.startswith(f"{PREFIX}-")}
        super()._clean_fields()  # type: ignore[misc]  # Django's, not in the stubs
        self.fields = every

    def clean(self) -> dict[str, Any]:
        if self.part is not None:
            inner = self._inner(self.part, self.data)
            for name, errors in inner.errors.as_data().items():
                for error in errors:
                    shown = f"{PREFIX}-{name}"
                    self.add_error(shown if shown in self.fields else None, error)
            if inner.is_valid():
                self.cleaned_data["settings"] = self.instance.settings = inner.cleaned_settings()
        self.instance.conditions = self.cleaned_data.get("conditions") or {}
        return self.cleaned_data

    def _update_errors(self, errors: ValidationError) -> None:
        """What the model refuses of a field that is not on the page is an error of the whole form."""
        if not hasattr(errors, "error_dict"):
            super()._update_errors(errors)  # type: ignore[misc]  # Django's, not in the stubs
            return
        placed: dict[str, list[ValidationError]] = {}
        for name, found in errors.error_dict.items():
            placed.setdefault(name if name in self.fields else NON_FIELD_ERRORS, []).extend(found)
        super()._update_errors(ValidationError(placed))  # type: ignore[misc]  # Django's, not in the stubs


class RuleAdmin(AutomationsAdmin):
    """Adding asks first what the rule answers. Afterwards one is back at what the rule is for."""

    #: The field that names what the rule is for.
    owner_field: ClassVar[str]
    own_fields: ClassVar[tuple[str, ...]]
    #: It may also answer conditions that come true.
    takes_conditions: ClassVar[bool] = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        owner = self._owner_model()._meta
        return HttpResponseRedirect(reverse(f"admin:{owner.app_label}_{owner.model_name}_changelist"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        if self._chosen(request) is None:
            return self._choose(request)
        with remembered_names():
            return self._rendered(super().add_view(request, form_url, extra_context))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        with remembered_names():
            return self._rendered(super().change_view(request, object_id, form_url, extra_context))

    def _rendered(self, response: Any) -> Any:
        return response.render() if hasattr(response, "render") else response

    def _chosen(self, request: HttpRequest) -> str | None:
        """The slug that the address names, "" for conditions; None where it names none that exists."""
        slug = request.GET.get("trigger", "")
        if slug == CONDITIONS and self.takes_conditions:
            return ""
        part = TRIGGERS.get(slug)
        account = Account.current()
        if part is None or not part.suits_rules or not part.availability.allows(account.plan, account.addons):
            return None
        return slug

    def _choose(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        account, found = Account.current(), defaultdict[str, list[type[Trigger]]](list)
        for part in TRIGGERS:
            if part.suits_rules and part.availability.allows(account.plan, account.addons):
                found[part.family].append(part)
        context = self.page(
            request,
            title=_("Add %s") % self.opts.verbose_name,
            owner_field=self.owner_field,
            owner=self._named_owner(request),
            families=[(FAMILIES[name], found[name]) for name in FAMILIES if name in found],
            takes_conditions=self.takes_conditions,
        )
        return TemplateResponse(request, "admin/automations/add_rule.html", context)

    def _owner_model(self) -> Any:
        return self.model._meta.get_field(self.owner_field).related_model

    def _named_owner(self, request: HttpRequest) -> models.Model | None:
        raw = request.GET.get(self.owner_field, "")
        valid = raw.isascii() and raw.isdecimal() and len(raw) < 19
        return self._owner_model().objects.filter(pk=raw).first() if valid else None

    def _part(self, request: HttpRequest, rule: Rule | None) -> type[Trigger] | None:
        return TRIGGERS.get(rule.trigger if rule else self._chosen(request) or "")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        part = self._part(request, obj)
        settings = {f"{PREFIX}-{name}": field for name, field in part.Form.base_fields.items()} if part else {}
        form = type("TypedRuleForm", (RuleForm,), {**settings, "part": part})
        kwargs["fields"] = [self.owner_field, *self.own_fields, "conditions", "is_active"]
        return super().get_form(request, obj, change, form=form, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        part = self._part(request, obj)
        own = (None, {"fields": [self.owner_field, *self.own_fields, "is_active"]})
        if part is None:
            return [own, (_("When these conditions come true"), {"fields": ["conditions"]})]
        return [
            own,
            (_("When: %s") % part.label, {"fields": [f"{PREFIX}-{name}" for name in part.Form.base_fields]}),
            (_("Only for contacts who"), {"fields": ["conditions"]}),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in (self.owner_field, *self.own_fields, "is_active")}
        values |= {"trigger": obj.trigger, "settings": obj.settings, "conditions": obj.conditions}
        self.write(obj, values)

    def write(self, rule: Any, values: dict[str, Any]) -> None:
        raise NotImplementedError  # pragma: no cover - each kind has it

    def back(self, rule: Any) -> HttpResponseRedirect:
        owner = rule.owner()
        page = f"admin:{owner._meta.app_label}_{owner._meta.model_name}_change"
        return HttpResponseRedirect(reverse(page, args=[owner.pk]))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        self.message_user(request, _("The rule was added."), SUCCESS)
        return self.back(obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        self.message_user(request, _("The rule was changed."), SUCCESS)
        return self.back(obj)
