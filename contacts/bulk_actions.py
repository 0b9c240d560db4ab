"""What can be done to many contacts at once. Other apps register more, in their `ready()`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact, List, Tag
from contacts.services import contacts as contact_services
from contacts.services import fields, lists, notes, tags


@dataclass(frozen=True, slots=True)
class BulkAction:
    """`form` is the one validator of the parameters, for admin and API alike.

    `apply` gets contact ids and the form's parameters as JSON values (a chosen record is its id),
    and returns how many contacts it changed. It runs in a transaction, once per chunk, so it
    must not count on seeing the whole selection.
    """

    slug: str
    label: Any
    form: type[forms.Form]
    apply: Callable[[Sequence[int], Mapping[str, Any]], int]
    permission: str = "contacts.change_contact"
    icon: str = "checklist"
    dangerous: bool = False
    #: False: started by a page of its own, not offered for a selection of contacts.
    offered: bool = True

    def params(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters checked and made ready to be stored; ValidationError by field."""
        form = self.form(dict(raw))
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        return params_of(form)


_registry: dict[str, BulkAction] = {}


def register(action: BulkAction) -> None:
    """ValueError where the slug is taken."""
    if action.slug in _registry:
        raise ValueError(f"A bulk action “{action.slug}” is registered already.")
    _registry[action.slug] = action


def bulk_actions() -> dict[str, BulkAction]:
    """Those that are offered for a selection."""
    return {slug: action for slug, action in _registry.items() if action.offered}


def bulk_action(slug: str) -> BulkAction:
    """ValidationError where there is no such action."""
    if slug not in _registry:
        raise ValidationError(
            _("There is no bulk action “%(slug)s”; choose one of: %(known)s.")
            % {"slug": slug[:40], "known": ", ".join(_registry)}
        )
    return _registry[slug]


def params_of(form: forms.Form) -> dict[str, Any]:
    return {name: getattr(value, "pk", value) for name, value in form.cleaned_data.items()}


class TagForm(forms.Form):
    tag = forms.ModelChoiceField(Tag.objects.all(), label=gettext_lazy("Tag"))


class SubscribeForm(forms.Form):
    list = forms.ModelChoiceField(List.objects.all(), label=gettext_lazy("List"))
    resubscribe = forms.BooleanField(
        required=False,
        label=gettext_lazy("Also those who unsubscribed or bounced"),
        help_text=gettext_lazy("Only where they asked for it: a refusal is binding in most countries."),
    )


class UnsubscribeForm(forms.Form):
    list = forms.ModelChoiceField(List.objects.all(), label=gettext_lazy("List"))


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(
        get_user_model()._default_manager.filter(is_active=True),
        required=False,
        label=gettext_lazy("Owner"),
        help_text=gettext_lazy("Leave empty to take the owner away."),
    )


class NoteForm(forms.Form):
    text = forms.CharField(max_length=10_000, label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 4}))


class DeleteForm(forms.Form):
    confirm = forms.BooleanField(
        label=gettext_lazy("Yes, delete these contacts with their notes and history"),
        error_messages={"required": gettext_lazy("Tick the box to delete the contacts.")},
    )


def _tag(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    return len(tags.tag_contacts(contacts=ids, tag=_existing(Tag, params["tag"]).pk))


def _untag(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    return len(tags.untag_contacts(contacts=ids, tag=_existing(Tag, params["tag"]).pk))


def _subscribe(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    result = lists.subscribe_contacts(
        contacts=ids, list=_existing(List, params["list"]).pk, resubscribe=params["resubscribe"]
    )
    return len(result.changed)


def _unsubscribe(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    return len(lists.unsubscribe_contacts(contacts=ids, list=_existing(List, params["list"]).pk))


def _set_owner(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    return len(fields.set_field(field="owner", values=dict.fromkeys(ids, params["owner"])))


def _add_note(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    return notes.add_notes(contacts=Contact.objects.filter(pk__in=ids), text=params["text"])


def _delete(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    return contact_services.delete_contacts(contacts=ids)


def _existing(model: Any, pk: int) -> Any:
    """The record, unless it was deleted since the job was made."""
    record = model.objects.filter(pk=pk).first()
    if record is None:
        raise ValidationError(_("The chosen %s does not exist any more.") % model._meta.verbose_name)
    return record


for _action in (
    BulkAction("tag", gettext_lazy("Add a tag"), TagForm, _tag, icon="new_label"),
    BulkAction("untag", gettext_lazy("Remove a tag"), TagForm, _untag, icon="label_off"),
    BulkAction(
        "subscribe", gettext_lazy("Subscribe to a list"), SubscribeForm, _subscribe, icon="playlist_add"
    ),
    BulkAction(
        "unsubscribe", gettext_lazy("Unsubscribe from a list"), UnsubscribeForm, _unsubscribe,
        icon="playlist_remove",
    ),
    BulkAction("set_owner", gettext_lazy("Set the owner"), OwnerForm, _set_owner, icon="person"),
    BulkAction(
        "add_note", gettext_lazy("Add a note"), NoteForm, _add_note,
        permission="contacts.add_note", icon="note_add",
    ),
    BulkAction(
        "delete", gettext_lazy("Delete contacts"), DeleteForm, _delete,
        permission="contacts.delete_contact", icon="delete", dangerous=True,
    ),
):  # fmt: skip
    register(_action)
