"""Forms that visitors fill in, and what they sent."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import Timestamped
from .contact import Contact
from .fields import CustomField
from .lists import List
from .tags import Tag

#: The standard fields that a form may ask for.
STANDARD_FIELDS = ("email", "first_name", "last_name", "phone")
MAX_FIELDS = 50
MAX_NOTIFIED = 10


def make_form_token() -> str:
    return secrets.token_urlsafe(12)


def email_field() -> list[dict[str, Any]]:
    return [{"field": "email", "label": "", "required": True}]


class Form(Timestamped):
    """A form with a public address. Without the e-mail address there is no contact, so every form asks for it.

    `fields` is a list of {"field": standard name or custom field's key, "label": own text or "" for
    the field's, "required": bool}, in the order of the page.
    """

    name = models.CharField(_("name"), max_length=100)
    token = models.CharField(max_length=32, unique=True, default=make_form_token, editable=False)
    title = models.CharField(_("title"), max_length=150, blank=True, help_text=_("Heads the page; else the name."))
    description = models.TextField(_("text"), max_length=2_000, blank=True, help_text=_("Above the fields."))
    fields = models.JSONField(_("fields"), default=email_field)
    button = models.CharField(_("button"), max_length=50, blank=True, help_text=_("Empty: “Send”."))
    lists: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        List, blank=True, related_name="+", verbose_name=_("lists"), help_text=_("Whoever submits it joins them.")
    )
    tags: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        Tag, blank=True, related_name="+", verbose_name=_("tags"), help_text=_("Put on whoever submits it.")
    )
    leave_lists: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        List, blank=True, related_name="+", verbose_name=_("unsubscribe from"), help_text=_("Lists they leave.")
    )
    remove_tags: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        Tag, blank=True, related_name="+", verbose_name=_("remove tags"), help_text=_("Taken off them.")
    )
    set_values = models.JSONField(
        _("set fields"),
        default=dict,
        blank=True,
        help_text=_("Values that every contact who submits it gets, whatever was typed."),
    )
    notify_submitted = models.CharField(
        _("tell by e-mail when submitted"),
        max_length=1_000,
        blank=True,
        help_text=_("Addresses, separated by commas; they get what was sent, at once."),
    )
    notify_confirmed = models.CharField(
        _("tell by e-mail when confirmed"),
        max_length=1_000,
        blank=True,
        help_text=_("Addresses, separated by commas. Without double opt-in a submission is confirmed at once."),
    )
    thank_you = models.TextField(_("thank-you text"), max_length=2_000, blank=True)
    redirect_url = models.CharField(
        _("redirect to"),
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_("A page of yours to show instead of the thank-you text."),
    )
    double_opt_in = models.BooleanField(
        _("double opt-in"),
        default=True,
        help_text=_("Lists, tags and automations wait until the address is confirmed by a link in an e-mail."),
    )
    confirm_subject = models.CharField(_("subject of the confirmation e-mail"), max_length=150, blank=True)
    confirm_text = models.TextField(
        _("text of the confirmation e-mail"),
        max_length=5_000,
        blank=True,
        help_text=_("The link follows the text."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("form")
        verbose_name_plural = _("forms")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="form_name",
                violation_error_message=_("A form with this name exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def custom_keys(self) -> set[str]:
        """The fields that it asks for or sets."""
        return {*self.set_values, *(row["field"] for row in self.fields)}

    def clean(self) -> None:
        self.fields = clean_fields(self.fields)
        self.set_values = clean_set_values(self.set_values)
        for name in ("notify_submitted", "notify_confirmed"):
            setattr(self, name, ", ".join(_clean_addresses(name, getattr(self, name))))
        if "\n" in self.confirm_subject or "\r" in self.confirm_subject:
            raise ValidationError({"confirm_subject": _("A subject is one line.")})


def addresses_of(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _clean_addresses(name: str, text: str) -> list[str]:
    addresses = addresses_of(text)
    if len(addresses) > MAX_NOTIFIED:
        raise ValidationError({name: _("Give at most %d addresses.") % MAX_NOTIFIED})
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            text = _("“%s” is no e-mail address.") % address[:100]
            raise ValidationError({name: text}) from None
    return addresses


def clean_set_values(raw: Any) -> dict[str, Any]:
    """{field: value} as texts, numbers, yes/no or lists; ValidationError at `set_values` naming field and mend."""
    if not isinstance(raw, dict) or len(raw) > MAX_FIELDS:
        raise ValidationError({"set_values": _("Give an object of at most %d fields.") % MAX_FIELDS})
    custom = {f.key: f for f in CustomField.objects.filter(entity=CustomField.Entity.CONTACT)} if raw else {}
    for key, value in raw.items():
        if key == "email" or (key not in custom and key not in STANDARD_FIELDS):
            choices = ", ".join([*STANDARD_FIELDS[1:], *sorted(custom)])
            text = _("There is no field “%(key)s” to set; the fields are: %(known)s.")
            raise ValidationError({"set_values": text % {"key": str(key)[:60], "known": choices}})
        _check_set_value(key, value, custom)
    return raw


def _check_set_value(key: str, value: Any, custom: Mapping[str, CustomField]) -> None:
    # Services import models; at import time there are none yet.
    from contacts.services.parsing import parse_contact

    own, other = ({}, {key: value}) if key in custom else ({key: value}, {})
    try:
        parse_contact(standard=own, custom=other, fields=custom)
    except ValidationError as error:
        text = f"{key}: {' '.join(error.messages)}"
        raise ValidationError({"set_values": text}) from None


def clean_fields(raw: Any) -> list[dict[str, Any]]:
    """The fields in their stored shape; ValidationError at `fields` naming the row and what is wrong."""
    if not isinstance(raw, list) or len(raw) > MAX_FIELDS:
        raise ValidationError({"fields": _("Give a list of at most %d fields.") % MAX_FIELDS})
    rows, seen = [], set()
    known = set(CustomField.objects.filter(entity=CustomField.Entity.CONTACT).values_list("key", flat=True))
    for number, item in enumerate(raw, 1):
        row = _clean_row(item, number, known)
        if row["field"] in seen:
            raise ValidationError({"fields": _("The field “%s” stands there twice.") % row["field"]})
        seen.add(row["field"])
        rows.append(row)
    if "email" not in seen:
        rows = [*email_field(), *rows]
    return rows


def _clean_row(item: Any, number: int, known: set[str]) -> dict[str, Any]:
    row = item if isinstance(item, dict) else {}
    key, label, required = row.get("field"), row.get("label", ""), row.get("required", False)
    if not isinstance(key, str) or not isinstance(label, str) or not isinstance(required, bool):
        raise _row_error(number, _("give “field”, “label” and “required” (true or false)."))
    if extra := set(row) - {"field", "label", "required"}:
        raise _row_error(number, _("there is no “%s”.") % str(min(extra))[:60])
    if key not in known and key not in STANDARD_FIELDS:
        choices = ", ".join([*STANDARD_FIELDS, *sorted(known)])
        raise _row_error(
            number,
            _("there is no field “%(key)s”; the fields are: %(known)s.") % {"key": key[:60], "known": choices},
        )
    if len(label) > 150:
        raise _row_error(number, _("a label has at most 150 characters."))
    return {"field": key, "label": label.strip(), "required": required or key == "email"}


def _row_error(number: int, text: Any) -> ValidationError:
    return ValidationError({"fields": _("Row %(row)d: %(text)s") % {"row": number, "text": text}})


class SubmissionStatus(models.TextChoices):
    PENDING = "pending", _("awaits confirmation")
    CONFIRMED = "confirmed", _("confirmed")


class MailStatus(models.TextChoices):
    NONE = "", _("none")
    DUE = "due", _("due")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("not sent: the address is suppressed")


class FormSubmission(models.Model):
    """What one visitor sent: {field: JSON value}, and the state of the e-mail that asks for confirmation.

    Without double opt-in it is confirmed from the start. The e-mail is due from the transaction that
    writes the row, so that a crash can't lose it.
    """

    form = models.ForeignKey(Form, models.CASCADE, related_name="submissions", verbose_name=_("form"))
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="form_submissions", verbose_name=_("contact")
    )
    data = models.JSONField(_("values"), default=dict)
    status = models.CharField(_("status"), max_length=10, choices=SubmissionStatus)
    at = models.DateTimeField(_("at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    source_url = models.CharField(_("page"), max_length=500, blank=True)
    visitor = models.CharField(_("visitor"), max_length=64, blank=True, editable=False)
    ip_hash = models.CharField(_("address hash"), max_length=64, blank=True)
    mail_status = models.CharField(
        _("confirmation e-mail"), max_length=10, choices=MailStatus, blank=True, default=MailStatus.NONE
    )
    mail_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    mail_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    mail_error = models.CharField(_("error"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("form submission")
        verbose_name_plural = _("form submissions")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["contact", "form"], name="submission_contact"),
            models.Index(fields=["form", "at"], name="submission_form"),
            models.Index(
                fields=["mail_due_at"],
                name="submission_mail_due",
                condition=models.Q(mail_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form}: {self.contact}"


class FormNotice(models.Model):
    """An e-mail that tells a colleague of a submission. Written with the submission or its confirmation."""

    submission = models.ForeignKey(FormSubmission, models.CASCADE, related_name="notices")
    address = models.EmailField(max_length=254)
    confirmed = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=MailStatus, default=MailStatus.DUE)
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=250, blank=True)

    class Meta:
        verbose_name = _("notice of a submission")
        verbose_name_plural = _("notices of submissions")
        constraints = [
            models.UniqueConstraint(fields=["submission", "address", "confirmed"], name="form_notice_once")
        ]
        indexes = [
            models.Index(fields=["due_at"], name="form_notice_due", condition=models.Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.address}"
