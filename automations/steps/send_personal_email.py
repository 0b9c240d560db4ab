"""Sends a personal e-mail from a user's mailbox, once to a contact and pass (spec: send personal e-mail)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import AddOn, Availability
from automations.delivery.outbox import DeliveryDraft
from automations.delivery.rendering import validate_template
from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from automations.personal import PersonalText
from automations.reasons import Outcome
from contacts.models.campaigns import CampaignKind
from deals.models import Deal, Mailbox

from .base import STEPS, StepRun, Visit

DEAL = "deals.deal"


@STEPS.register
class SendPersonalEmailStep(Step):
    """The ledger row names mailbox, version and step; the e-mail is made from them when it is sent.

    `name` is what triggers and reports call it. From the owner: the triggering deal's, else the contact's.
    """

    slug = "send_personal_email"
    label = gettext_lazy("Send a personal e-mail")
    summary = gettext_lazy("Sends an e-mail from a user's own mailbox; answers come back there.")
    family = "sending"
    icon = "contact_mail"
    synonyms = (gettext_lazy("one-to-one"), gettext_lazy("mailbox"), gettext_lazy("sales"))
    availability = Availability(plans=(), addons=(AddOn.PIPELINES, AddOn.SALES_ENGAGEMENT))

    name = models.CharField(gettext_lazy("name"), max_length=100, blank=True)
    sender = models.CharField(gettext_lazy("from"), max_length=8, default="owner")
    mailbox = models.ForeignKey(
        Mailbox, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("mailbox")
    )
    subject = models.CharField(gettext_lazy("subject"), max_length=250, blank=True)
    body = models.TextField(gettext_lazy("message"), blank=True)
    track_opens = models.BooleanField(default=True)
    track_links = models.BooleanField(default=True)

    class Form(SettingsForm):
        depends = {"mailbox": ("sender", ("mailbox",))}

        name = forms.CharField(
            label=gettext_lazy("Name"),
            max_length=100,
            help_text=gettext_lazy("How triggers and reports call this e-mail; contacts don't see it."),
        )
        sender = forms.ChoiceField(
            label=gettext_lazy("From"),
            choices=[
                ("owner", gettext_lazy("the mailbox of the deal's owner (without a deal: of the contact's)")),
                ("mailbox", gettext_lazy("one mailbox")),
            ],
            required=False,
            initial="owner",
        )
        mailbox = forms.ModelChoiceField(
            label=gettext_lazy("Mailbox"), queryset=Mailbox.objects.filter(is_active=True), required=False
        )
        subject = forms.CharField(label=gettext_lazy("Subject"), max_length=250, validators=[validate_template])
        body = forms.CharField(
            label=gettext_lazy("Message"),
            max_length=100_000,
            widget=PersonalText(links=False),
            validators=[validate_template],
            help_text=gettext_lazy("Plain text or HTML; the mailbox's signature is put below it."),
        )
        track_opens = forms.BooleanField(label=gettext_lazy("Count opens"), required=False, initial=True)
        track_links = forms.BooleanField(
            label=gettext_lazy("Count clicks"),
            required=False,
            initial=True,
            help_text=gettext_lazy("Links lead through this server first."),
        )

        def clean_sender(self) -> str:
            return self.cleaned_data["sender"] or "owner"

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            if data.get("sender") != "mailbox":
                data["mailbox"] = None
            elif not data.get("mailbox") and "mailbox" not in self.errors:
                self.add_error("mailbox", forms.ValidationError(_("Choose the mailbox."), code="required"))
            return data

    def run(self, run: StepRun) -> None:
        """`once` per pass, not per visit: a loop back to this step sends nothing again."""
        mailboxes = self._mailboxes(run)
        drafts = []
        for visit in run.visits:
            mailbox = mailboxes.get(visit.id)
            if mailbox is None:
                why = (
                    _("the mailbox is not connected")
                    if self.sender == "mailbox"
                    else _("the owner has no mailbox")
                )
                run.go(visit, outcome=Outcome.NOTHING_TO_DO, detail=why)
            else:
                drafts.append(self._draft(run, visit, mailbox))
        first = run.deliver(drafts)
        for draft in drafts:
            new = draft.visit.id in first
            run.go(draft.visit, outcome=Outcome.QUEUED if new else Outcome.SENT_BEFORE)

    def _draft(self, run: StepRun, visit: Visit, mailbox: int) -> DeliveryDraft:
        payload = {"mailbox": mailbox, "sent_from": "automation", "deal": _deal_of(visit)}
        target = run.contacts[visit.contact_id].email
        return DeliveryDraft(visit, "personal", target, self.subject, payload, once=True)

    def _mailboxes(self, run: StepRun) -> Mapping[int, int]:
        """{visit id: the mailbox to send from}; two queries for any number."""
        rows = Mailbox.objects.filter(is_active=True, user__is_active=True).order_by("-pk")
        if self.sender == "mailbox":
            fixed = rows.filter(pk=self.mailbox_id or 0).values_list("pk", flat=True).first()
            return {visit.id: fixed for visit in run.visits} if fixed else {}
        owners = self._owners(run)
        # Each owner's first one: later rows of the dictionary win, and the oldest comes last.
        first = dict(rows.filter(user__in=set(owners.values())).values_list("user_id", "pk"))
        return {visit: first[owner] for visit, owner in owners.items() if owner in first}

    def _owners(self, run: StepRun) -> dict[int, int]:
        deals = {deal for visit in run.visits if (deal := _deal_of(visit))}
        of_deals = dict(Deal.objects.filter(pk__in=deals).values_list("pk", "owner_id")) if deals else {}
        owners = {
            visit.id: of_deals.get(_deal_of(visit) or 0) or run.contacts[visit.contact_id].owner_id
            for visit in run.visits
        }
        return {visit: owner for visit, owner in owners.items() if owner}

    def counted_as(self) -> tuple[str, str, dict[str, Any]]:
        from automations.delivery.personal import as_html  # which needs the ledger, which needs steps

        content = {**self.settings(), "html": as_html(self.body), "text": ""}
        return CampaignKind.PERSONAL, self.name or self.subject, content

    def describe(self) -> str:
        if not self.name:
            return _("Send a personal e-mail (not written yet)")
        if self.sender == "mailbox" and self.mailbox_id:
            names = {"name": self.name, "mailbox": name_of(Mailbox, self.mailbox_id)}
            return _("Send the personal e-mail “%(name)s” from %(mailbox)s") % names
        return _("Send the personal e-mail “%s” from the owner's mailbox") % self.name


def _deal_of(visit: Visit) -> int | None:
    record = visit.event.get("record")
    return int(record[1]) if record and record[0] == DEAL else None
