"""Two contacts who are one person."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import (
    AppDelivery,
    AppReceipt,
    Contact,
    ContactScore,
    ContactTag,
    EmailActivity,
    EmailReply,
    EventRecord,
    ExpiringPoints,
    FieldChange,
    FormSubmission,
    Note,
    PageVisit,
    ScoreChange,
    SentEmail,
    SiteMessageFact,
    SiteMessageTarget,
    Subscription,
    SubscriptionChange,
    TagChange,
    Visitor,
)
from contacts.models.lists import SubscriptionStatus
from contacts.selectors.fields import contact_fields, values_of
from contacts.signals import contacts_merging
from contacts.values import address_hash

from .accounts import merge_account_contacts
from .changes import current_facts
from .conversions import merge_conversions
from .fields import set_field
from .lists import REFUSED, subscribe_contacts, unsubscribe_contacts
from .notes import add_notes
from .object_links import merge_object_links
from .scores import add_points
from .tags import tag_contacts

STANDARD = ("first_name", "last_name", "phone", "owner", "time_zone", "language")


@transaction.atomic
def merge_contacts(*, keep: Contact, drop: Contact, choices: Mapping[str, str] | None = None) -> Contact:
    """Make one contact of two; `drop` is deleted, and what happened to it becomes `keep`'s history.

    Empty fields of `keep` are filled from `drop`. `choices` maps a standard field (also "email")
    or a custom field's key to "keep" or "drop" where both have a value; "keep" is the default.
    A refusal of either wins over the other's subscription. Points of scores are added: both earned them
    by what they did. Other apps move their rows on
    `contacts_merging`, in the same transaction.
    """
    chosen = _checked(keep, drop, choices or {})
    pair = {contact.pk: contact for contact in _locked(keep, drop)}
    keep, drop = pair[keep.pk], pair[drop.pk]
    contacts_merging.send(sender=Contact, keep=keep, drop=drop)
    add_notes(contacts=keep, text=_("Merged with %s.") % " ".join(filter(None, [drop.name, f"<{drop.email}>"])))
    Note.objects.filter(contact=drop).update(contact=keep)
    FormSubmission.objects.filter(contact=drop).update(contact=keep)
    # Fields, lists, tags: what a tag starts sees the rest as it is meant to be.
    _merge_values(keep, drop, chosen)
    _merge_subscriptions(keep, drop)
    for tag_id in ContactTag.objects.filter(contact=drop).values_list("tag_id", flat=True):
        tag_contacts(contacts=keep, tag=tag_id)
    _merge_scores(keep, drop)
    merge_conversions(keep=keep, drop=drop)
    merge_account_contacts(keep=keep, drop=drop)
    merge_object_links(keep=keep, drop=drop)
    facts = (
        TagChange, FieldChange, SubscriptionChange, EventRecord, SentEmail, EmailActivity, AppReceipt, AppDelivery,
        PageVisit, Visitor, SiteMessageFact, EmailReply,
        ScoreChange, ExpiringPoints,
    )  # fmt: skip
    for fact in facts:
        fact._default_manager.filter(contact=drop).update(contact=keep)
    seen = SiteMessageTarget.objects.filter(contact=keep).values("message_id")
    SiteMessageTarget.objects.filter(contact=drop).exclude(message__in=seen).update(contact=keep)
    lost = keep.email if chosen.get("email") == "drop" else drop.email
    _remember_refusals(keep, lost)
    _drop(keep, drop, take_address=lost == keep.email)
    return Contact.objects.get(pk=keep.pk)


def merge_preview(*, keep: Contact, drop: Contact) -> list[dict[str, Any]]:
    """The fields in which both have a value, and not the same: field, label, and both texts."""
    rows = []
    for name, label, mine, theirs in _pairs(keep, drop):
        if mine and theirs and mine != theirs:
            rows.append({"field": name, "label": label, "keep": mine, "drop": theirs})
    return rows


def _pairs(keep: Contact, drop: Contact) -> list[tuple[str, str, str, str]]:
    fields = contact_fields()
    values = values_of([keep.pk, drop.pk])
    pairs = [
        (name, str(Contact._meta.get_field(name).verbose_name), *(_shown(c, name) for c in (keep, drop)))  # type: ignore[union-attr]  # no relation from elsewhere
        for name in ("email", *STANDARD)
    ]
    for key, field in fields.items():
        texts = (field.kind.to_text(values.get(c.pk, {}).get(key)).replace("\n", ", ") for c in (keep, drop))
        pairs.append((key, field.label, *texts))
    return pairs  # type: ignore[return-value]  # each has four texts


def _shown(contact: Contact, name: str) -> str:
    value = getattr(contact, name)
    return "" if value is None else str(value)


def _checked(keep: Contact, drop: Contact, choices: Mapping[str, str]) -> dict[str, str]:
    if keep.pk == drop.pk:
        raise ValidationError(_("A contact can't be merged with itself; choose another."), code="same")
    known = {"email", *STANDARD, *contact_fields()}
    for name, choice in choices.items():
        if name not in known:
            raise ValidationError(_("There is no field “%s” to choose.") % name[:60], code="choices")
        if choice not in ("keep", "drop"):
            raise ValidationError({name: _("Choose “keep” or “drop”.")}, code="choices")
    return dict(choices)


def _locked(keep: Contact, drop: Contact) -> list[Contact]:
    pair = list(Contact.objects.select_for_update().filter(pk__in=[keep.pk, drop.pk]).order_by("pk"))
    if len(pair) != 2:
        raise ValidationError(_("One of the two contacts does not exist any more."), code="gone")
    return pair


def _merge_values(keep: Contact, drop: Contact, chosen: Mapping[str, str]) -> None:
    for name in STANDARD:
        column = "owner_id" if name == "owner" else name
        mine, theirs = getattr(keep, column), getattr(drop, column)
        if theirs and (not mine or chosen.get(name) == "drop"):
            set_field(field=name, values={keep.pk: theirs})
    values = values_of([keep.pk, drop.pk])
    mine_all, theirs_all = values.get(keep.pk, {}), values.get(drop.pk, {})
    for key, field in contact_fields().items():
        if key in theirs_all and (key not in mine_all or chosen.get(key) == "drop"):
            set_field(field=field, values={keep.pk: theirs_all[key]})


def _merge_subscriptions(keep: Contact, drop: Contact) -> None:
    mine = {row.list_id: row.status for row in Subscription.objects.filter(contact=keep)}
    for theirs in Subscription.objects.filter(contact=drop).order_by("list_id"):
        status = mine.get(theirs.list_id)
        if theirs.status in REFUSED:
            if status is None:
                Subscription(contact=keep, list_id=theirs.list_id, status=theirs.status).save()
            elif status not in REFUSED:
                unsubscribe_contacts(contacts=keep, list=theirs.list_id, status=theirs.status, reason=_("merge"))
        elif status is None or status == SubscriptionStatus.UNCONFIRMED != theirs.status:
            subscribe_contacts(contacts=keep, list=theirs.list_id, status=theirs.status)


def _merge_scores(keep: Contact, drop: Contact) -> None:
    for row in ContactScore.objects.filter(contact=drop).order_by("score_id"):
        add_points(amounts={keep.pk: row.points}, score=row.score_id, reason=_("merge"))


def _remember_refusals(keep: Contact, lost: str) -> None:
    """The address that goes away has refused too: whoever imports it again must not write to it."""
    SubscriptionChange.objects.bulk_create(
        SubscriptionChange(
            contact=None,
            list_id=row.list_id,
            old=row.status,
            new=row.status,
            address_hash=address_hash(lost),
            reason=_("merge"),
            **current_facts(),
        )
        for row in Subscription.objects.filter(contact=keep, status__in=REFUSED)
    )


def _drop(keep: Contact, drop: Contact, *, take_address: bool) -> None:
    address = drop.email
    drop.delete()
    if take_address:
        fresh = Contact.objects.get(pk=keep.pk)
        fresh.email = address
        fresh.save()
