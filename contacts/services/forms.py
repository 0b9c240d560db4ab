"""Forms: saving them, and what a visitor's submission and its confirmation do."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from contacts.models import Contact, Form, FormSubmission, List, Tag
from contacts.models.forms import STANDARD_FIELDS, MailStatus, SubmissionStatus
from contacts.models.lists import SubscriptionStatus
from contacts.origin import Origin, Source, caused_by
from contacts.selectors.fields import contact_fields
from contacts.selectors.forms import form_lists

from .changes import announce_submitted
from .contacts import ContactDraft, save_contacts
from .lists import subscribe_contacts, unsubscribe_contacts
from .notices import plan_notices
from .parsing import parse_contact
from .queue import enqueue
from .records import save_record
from .tags import tag_contacts, untag_contacts

# Whoever presses the button again meanwhile gets no second e-mail.
REPEATED = timedelta(minutes=10)
VISITOR = re.compile(r"[A-Za-z0-9_-]{1,64}")


@transaction.atomic
def save_form(
    *,
    form: Form,
    values: Mapping[str, Any],
    lists: Sequence[List] | None = None,
    tags: Sequence[Tag] | None = None,
    leave_lists: Sequence[List] | None = None,
    remove_tags: Sequence[Tag] | None = None,
) -> Form:
    """Save a new or stored form; ValidationError by field. Lists and tags of None stay as they are."""
    save_record(record=form, values=values)
    given = {"lists": lists, "tags": tags, "leave_lists": leave_lists, "remove_tags": remove_tags}
    for name, records in given.items():
        if records is not None:
            getattr(form, name).set(records)
    check_opposites(
        lists=form.lists.all(), leave_lists=form.leave_lists.all(),
        tags=form.tags.all(), remove_tags=form.remove_tags.all(),
    )  # fmt: skip
    return form


def check_opposites(
    *, lists: Iterable[List], leave_lists: Iterable[List], tags: Iterable[Tag], remove_tags: Iterable[Tag]
) -> None:
    """ValidationError where a form would both give and take the same list or tag."""
    errors = {}
    for name, given, taken in (("leave_lists", lists, leave_lists), ("remove_tags", tags, remove_tags)):
        if both := sorted(str(record) for record in set(given) & set(taken)):
            text = _("The form can't both give and take “%s”; remove it from one of the two.")
            errors[name] = ValidationError(text % ", ".join(both))
    if errors:
        raise ValidationError(errors)


def submit_form(
    *, form: Form, data: Mapping[str, Any], source_url: str = "", address: str = "", visitor: str = ""
) -> FormSubmission:
    """Take in what a visitor sent: raw values by field key. ValidationError by field key.

    Only the form's own fields count, and empty ones change nothing. With double opt-in a new contact
    is made, and the lists' subscriptions wait unconfirmed; the values of a known contact, the tags
    and the event wait too, because anyone can type anyone's address. `address` is the visitor's
    network address, of which a keyed hash is kept; `visitor` is what site tracking knows their browser by.
    """
    if not form.is_active:
        raise ValidationError(_("This form is closed."), code="closed")
    values, custom = _parsed(form, data)
    stored = _json(values, custom)
    where = {"source_url": source_url[:500], "ip_hash": _hash(address), "visitor": clean_visitor(visitor)}
    with transaction.atomic(), caused_by(Origin(source=Source.FORM)):
        if not form.double_opt_in:
            fixed, fixed_custom = _still_valid(form.set_values)
            contact_id = _save_contact({**values, **fixed}, {**custom, **fixed_custom}, update=True)
            return _take(form, contact_id, stored, where)
        contact_id = _save_contact(values, custom, update=False)
        for list_id in form_lists(form):
            subscribe_contacts(contacts=[contact_id], list=list_id, status=SubscriptionStatus.UNCONFIRMED)
        return _wait(form, contact_id, stored, where)


@transaction.atomic
def confirm_submission(*, submission: FormSubmission) -> bool:
    """Do what waited for the confirmation. False where it was confirmed before: two clicks count once."""
    now = timezone.now()
    # The condition is in the statement: of two at once, the second waits for the first and finds nothing.
    waiting = FormSubmission.objects.filter(pk=submission.pk, status=SubmissionStatus.PENDING)
    done = {"status": SubmissionStatus.CONFIRMED, "confirmed_at": now}
    # Whoever has the link has the e-mail, whatever its sender could still write down.
    if not waiting.update(**done, mail_due_at=None, mail_status=MailStatus.SENT):
        return False
    submission.refresh_from_db()
    with caused_by(Origin(source=Source.FORM)):
        values, custom = _still_valid({**submission.data, **submission.form.set_values})
        email = Contact.objects.values_list("email", flat=True).get(pk=submission.contact_id)
        _save_contact({**values, "email": email}, custom, update=True)
        # The person's own word, given from their own mailbox: it takes an earlier refusal back.
        _apply(submission, resubscribe=True)
        plan_notices(submission=submission, confirmed=True)
    return True


def _take(form: Form, contact_id: int, data: dict[str, Any], where: Mapping[str, Any]) -> FormSubmission:
    now = timezone.now()
    submission = FormSubmission(
        form=form, contact_id=contact_id, data=data, status=SubmissionStatus.CONFIRMED,
        at=now, confirmed_at=now, **where,
    )  # fmt: skip
    # Anybody may have typed the address, so a refusal given earlier stands.
    _apply(submission, resubscribe=False)
    plan_notices(submission=submission, confirmed=False)
    plan_notices(submission=submission, confirmed=True)
    return submission


def _apply(submission: FormSubmission, *, resubscribe: bool) -> None:
    """Lists, tags, then the fact: what each one starts sees what came before."""
    contact_id, form = submission.contact_id, submission.form
    lists = form_lists(form)
    for list_id in lists:
        subscribe_contacts(contacts=[contact_id], list=list_id, resubscribe=resubscribe)
    for tag_id in sorted(form.tags.values_list("pk", flat=True)):
        tag_contacts(contacts=[contact_id], tag=tag_id)
    for list_id in sorted(form.leave_lists.values_list("pk", flat=True)):
        unsubscribe_contacts(contacts=[contact_id], list=list_id)
    for tag_id in sorted(form.remove_tags.values_list("pk", flat=True)):
        untag_contacts(contacts=[contact_id], tag=tag_id)
    if submission.pk is None:
        submission.save(force_insert=True)
    announce_submitted(form_id=form.pk, submission_id=submission.pk, contact_id=contact_id, lists=lists)


def _wait(form: Form, contact_id: int, data: dict[str, Any], where: Mapping[str, Any]) -> FormSubmission:
    now = timezone.now()
    recent = FormSubmission.objects.filter(
        form=form, contact_id=contact_id, status=SubmissionStatus.PENDING, at__gt=now - REPEATED
    )
    submission = recent.select_for_update().order_by("-pk").first()
    if submission is not None:
        submission.data, submission.visitor = data, where["visitor"] or submission.visitor
        submission.save(update_fields=["data", "visitor"])
        return submission
    submission = FormSubmission.objects.create(
        form=form, contact_id=contact_id, data=data, status=SubmissionStatus.PENDING, at=now,
        mail_status=MailStatus.DUE, mail_due_at=now, **where,
    )  # fmt: skip
    plan_notices(submission=submission, confirmed=False)
    enqueue("contacts.tasks.send_confirmations")
    return submission


def _parsed(form: Form, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    fields = contact_fields()
    errors: dict[str, Any] = {}
    standard: dict[str, Any] = {"email": data.get("email")}
    custom: dict[str, Any] = {}
    for row in form.fields:
        key, raw = row["field"], data.get(row["field"])
        if key == "email" or (key not in fields and key not in STANDARD_FIELDS):
            continue  # asked for anyway, or deleted since
        if raw is None or raw == [] or (isinstance(raw, str) and not raw.strip()):
            if row["required"]:
                errors[key] = ValidationError(_("This field is needed."), code="required")
            continue
        (custom if key in fields else standard)[key] = raw
    try:
        values, parsed = parse_contact(standard=standard, custom=custom, fields=fields)
    except ValidationError as exc:
        errors = {name.removeprefix("fields."): error for name, error in exc.error_dict.items()} | errors
    else:
        # A consent box that has to be ticked may be sent as “no”.
        unticked = [row["field"] for row in form.fields if row["required"] and parsed.get(row["field"]) is False]
        errors |= {key: ValidationError(_("This field is needed."), code="required") for key in unticked}
    if errors:
        raise ValidationError(errors)
    return values, parsed


def _json(values: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    fields = contact_fields()
    texts = {key: fields[key].kind.to_json(value) for key, value in custom.items()}
    return {**values, **{key: v.isoformat() if hasattr(v, "isoformat") else v for key, v in texts.items()}}


def _still_valid(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was sent, without what doesn't fit its field any more: an option or a field may have gone."""
    fields = contact_fields()
    standard: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for key, raw in data.items():
        own, other = ({}, {key: raw}) if key in fields else ({key: raw}, {})
        try:
            values, parsed = parse_contact(standard=own, custom=other, fields=fields)
        except ValidationError:
            continue
        standard |= values
        custom |= parsed
    return standard, custom


def _save_contact(values: Mapping[str, Any], custom: Mapping[str, Any], *, update: bool) -> int:
    email = values["email"]
    others = {name: value for name, value in values.items() if name != "email"}
    saved = save_contacts(drafts=[ContactDraft(email, others, dict(custom))], update_existing=update)
    return saved.ids[email]


def clean_visitor(raw: str) -> str:
    """ "" for what can't be a visitor's id: a hidden field that nobody typed is no reason to refuse a form."""
    return raw if VISITOR.fullmatch(raw) else ""


def _hash(address: str) -> str:
    """Tells visitors apart, and can't be turned back into an address without the secret key."""
    return salted_hmac("contacts.forms", address, algorithm="sha256").hexdigest() if address else ""
