"""Everything that a batch of personal e-mails needs, in a fixed number of queries, and each e-mail ready to go."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from automations.engine.plan import plan_of_version
from automations.models import Delivery, Enrollment
from automations.reasons import Skip
from automations.records import mentioned, values_for
from contacts.bulk import insert_rows, update_rows
from contacts.models import Campaign, Contact, SentEmail, Suppression
from contacts.models.campaigns import CampaignKind, CampaignStatus
from contacts.models.engagement import EmailKind
from contacts.selectors.fields import values_of
from contacts.selectors.scores import points_of
from contacts.values import address_hash
from deals.models import MailAttachment, Mailbox, PersonalEmail
from deals.models.mail import Direction, SentFrom

from .campaigns import campaigns_of
from .personal import Letter, as_html, build_personal, message_id, sender_of, write_letter
from .tracking import Tracking, mark

#: Those that people write are counted under one campaign for all.
BY_HAND = "personal"


@dataclass(slots=True)
class Item:
    """One e-mail: `message` to send as `email`, or why not: `skip` for good, `error` to be raised."""

    mailbox: Mailbox | None = None
    message: EmailMultiAlternatives | None = None
    email: SentEmail | None = None
    skip: str = ""
    error: Exception | None = None

    @property
    def sender_key(self) -> int:
        return self.mailbox.pk if self.mailbox else 0


@dataclass(slots=True)
class _Draft:
    """`html` bears marks where its links are counted."""

    delivery: Delivery
    letter: Letter
    tracking: Tracking | None


@dataclass
class Batch:
    contacts: Mapping[int, Contact]
    mailboxes: Mapping[int, Mailbox]
    suppressed: set[str]
    items: dict[int, Item] = field(default_factory=dict)

    @classmethod
    def of(cls, deliveries: Sequence[Delivery]) -> "Batch":
        contacts = _contacts(deliveries)
        hashes = [address_hash(contact.email) for contact in contacts.values()]
        suppressed = Suppression.objects.filter(address_hash__in=hashes).values_list("address_hash", flat=True)
        ids = {int(d.payload.get("mailbox") or 0) for d in deliveries}
        rows = Mailbox.objects.filter(pk__in=ids, is_active=True, user__is_active=True).select_related("user")
        batch = cls(contacts, {row.pk: row for row in rows}, set(suppressed))
        batch._make([d for d in deliveries if not batch._refused(d)])
        return batch

    def item(self, delivery: Delivery) -> Item:
        return self.items[delivery.pk]

    def _refused(self, delivery: Delivery) -> bool:
        contact = self.contacts.get(delivery.contact_id or 0)
        skip = ""
        if contact is None:
            skip = Skip.CONTACT_GONE
        elif address_hash(contact.email) in self.suppressed:
            skip = Skip.SUPPRESSED
        elif delivery.payload.get("mailbox") and delivery.payload["mailbox"] not in self.mailboxes:
            skip = Skip.NO_MAILBOX
        if skip:
            self.items[delivery.pk] = Item(skip=skip)
        return bool(skip)

    def _make(self, deliveries: Sequence[Delivery]) -> None:
        """Letters first, then the rows that they are known by, then the messages."""
        by_hand = [d for d in deliveries if d.automation_id is None]
        automated = [d for d in deliveries if d.automation_id is not None]
        drafts = [*self._written(by_hand), *self._automated(automated)]
        emails = self._sent_emails(drafts)
        rows = _rows(drafts, self.contacts, self.mailboxes, emails)
        files = _files(rows)
        for draft in drafts:
            pk = draft.delivery.pk
            item = Item(mailbox=self._mailbox(draft.delivery), email=emails[pk])
            try:
                item.message = build_personal(
                    rows[pk],
                    draft.letter.html,
                    email=emails[pk],
                    mailbox=item.mailbox,
                    files=files[rows[pk].pk],
                    tracking=draft.tracking,
                )
            except Exception as error:  # one that can't be built fails alone
                item.error = error
            self.items[pk] = item

    def _mailbox(self, delivery: Delivery) -> Mailbox | None:
        return self.mailboxes.get(delivery.payload.get("mailbox") or 0)

    def _written(self, deliveries: Sequence[Delivery]) -> list[_Draft]:
        """What people wrote was personalised when they did, and stands in its row."""
        if not deliveries:
            return []
        rows = {row.delivery: row for row in PersonalEmail.objects.filter(delivery__in=[d.pk for d in deliveries])}
        campaign, drafts = _campaign_by_hand(), []
        for delivery in deliveries:
            row = rows.get(delivery.pk)
            if row is None:  # the person was erased
                self.items[delivery.pk] = Item(skip=Skip.CONTACT_GONE)
                continue
            content = {"html": row.html, "text": "", **_counting(delivery.payload)}
            tracking = Tracking.of(content, campaign.pk)
            html = tracking.content(content)["html"] if tracking else row.html
            drafts.append(_Draft(delivery, Letter(row.subject, html), tracking))
        return drafts

    def _automated(self, deliveries: Sequence[Delivery]) -> list[_Draft]:
        """From the step as it was when the contact came by."""
        if not deliveries:
            return []
        campaigns = campaigns_of(deliveries, CampaignKind.PERSONAL)
        enrollments = [d.enrollment_id or 0 for d in deliveries]
        events = dict(Enrollment.objects.filter(pk__in=enrollments).values_list("pk", "event"))
        contents = {d.pk: _content(d) for d in deliveries}
        places = [(d.contact_id or 0, events.get(d.enrollment_id or 0) or {}) for d in deliveries]
        texts = [
            str(content.get(name) or "")
            for content in contents.values()
            if content
            for name in ("subject", "body")
        ]
        records = values_for(places, mentioned(*texts))
        drafts = []
        for delivery, (contact, event), values in zip(deliveries, places, records, strict=True):
            try:
                drafts.append(
                    _automated(delivery, contents[delivery.pk], campaigns, self.contacts[contact], event, values)
                )
            except Exception as error:  # one that can't be written fails alone
                self.items[delivery.pk] = Item(error=error)
        return drafts

    def _sent_emails(self, drafts: Sequence[_Draft]) -> dict[int, SentEmail]:
        """{delivery id: the e-mail that its links name}; made at the first try, the same at a second one."""
        deliveries = [draft.delivery for draft in drafts]
        by_hand = _campaign_by_hand().pk if any(d.automation_id is None for d in deliveries) else None
        campaigns = campaigns_of([d for d in deliveries if d.automation_id], CampaignKind.PERSONAL)
        insert_rows(
            SentEmail,
            {
                "kind": EmailKind.PERSONAL.value,
                "campaign_id": [campaigns[d.pk].pk if d.pk in campaigns else by_hand for d in deliveries],
                "contact_id": [d.contact_id for d in deliveries],
                "reference": [d.pk for d in deliveries],
                "address": [self.contacts[d.contact_id or 0].email for d in deliveries],
                "subject": [draft.letter.subject for draft in drafts],
                "message_id": "",
                "lists": [[] for _draft in drafts],
                "details": [_details(draft) for draft in drafts],
            },
            size=len(drafts),
            ignore_conflicts=True,
        )
        found = SentEmail.objects.filter(reference__in=[d.pk for d in deliveries])
        return {email.reference or 0: email for email in found}


def _automated(
    delivery: Delivery,
    content: Mapping[str, Any],
    campaigns: Mapping[int, Campaign],
    contact: Contact,
    event: Mapping[str, Any],
    records: Mapping[str, Any],
) -> _Draft:
    if not content:
        raise ValidationError(_("The version of the automation that held this e-mail is gone."))
    body = as_html(str(content["body"]))
    campaign = campaigns.get(delivery.pk)
    tracking = Tracking.of({"html": body, "text": "", **_counting(content)}, campaign.pk if campaign else None)
    if tracking is not None and tracking.links:
        body = mark(body, "").html
    return _Draft(delivery, write_letter(str(content["subject"]), body, contact, event, records), tracking)


def _counting(values: Mapping[str, Any]) -> dict[str, bool]:
    return {name: bool(values.get(name, True)) for name in ("track_opens", "track_links")}


def _details(draft: _Draft) -> dict[str, Any]:
    """What the triggers of personal e-mails go by (spec: email_link_clicked)."""
    payload = draft.delivery.payload
    links = len(draft.tracking.ids) if draft.tracking else 0
    names = ("sent_from", "mailbox", "deal")
    return {**{name: payload.get(name) for name in names}, "links": links}


def _contacts(deliveries: Sequence[Delivery]) -> dict[int, Contact]:
    contacts = Contact.objects.select_related("owner").in_bulk([d.contact_id for d in deliveries if d.contact_id])
    values, points = values_of(list(contacts)), points_of(list(contacts))
    for contact in contacts.values():
        contact.custom_values = values.get(contact.pk, {})
        contact.score_points = points.get(contact.pk, {})
    return contacts


def _content(delivery: Delivery) -> dict[str, Any]:
    """The step's settings; {} where its version is gone."""
    try:
        return plan_of_version(delivery.version_id or 0).steps[delivery.step_key].settings()
    except (ObjectDoesNotExist, KeyError):
        return {}


def _campaign_by_hand() -> Campaign:
    defaults = {"kind": CampaignKind.PERSONAL, "status": CampaignStatus.SENT, "name": _("Personal e-mails")}
    campaign, _new = Campaign.objects.get_or_create(origin_key=BY_HAND, defaults=defaults)
    return campaign


def _rows(
    drafts: Sequence[_Draft],
    contacts: Mapping[int, Contact],
    mailboxes: Mapping[int, Mailbox],
    emails: Mapping[int, SentEmail],
) -> dict[int, PersonalEmail]:
    """{delivery id: its row}; automations' are made here, people's are there. Each learns its SentEmail."""
    automated = [draft for draft in drafts if draft.delivery.automation_id is not None]
    PersonalEmail.objects.bulk_create(
        [_row(draft, contacts, mailboxes) for draft in automated], ignore_conflicts=True
    )
    found = PersonalEmail.objects.filter(delivery__in=[draft.delivery.pk for draft in drafts])
    rows = {row.delivery or 0: row for row in found.select_related("user")}
    new = [row for row in rows.values() if row.email_id is None]
    ids = [row.pk for row in new]
    update_rows(PersonalEmail, "id", ids, {"email_id": [emails[row.delivery or 0].pk for row in new]})
    return rows


def _row(draft: _Draft, contacts: Mapping[int, Contact], mailboxes: Mapping[int, Mailbox]) -> PersonalEmail:
    from .content import as_text

    delivery = draft.delivery
    mailbox = mailboxes.get(delivery.payload.get("mailbox") or 0)
    own = message_id(delivery, mailbox)
    html = draft.letter.plain_html
    return PersonalEmail(
        direction=Direction.OUT,
        sent_from=SentFrom.AUTOMATION,
        mailbox=mailbox,
        user=mailbox.user if mailbox else None,
        contact=contacts[delivery.contact_id or 0],
        deal_id=delivery.payload.get("deal"),
        delivery=delivery.pk,
        sender=sender_of(mailbox, None)[:254],
        recipient=contacts[delivery.contact_id or 0].email,
        subject=draft.letter.subject,
        html=html,
        text=as_text(html),
        message_id=own,
        thread=own,
        at=delivery.created_at,
    )


def _files(rows: Mapping[int, PersonalEmail]) -> dict[int, list[MailAttachment]]:
    found: dict[int, list[MailAttachment]] = defaultdict(list)
    for attachment in MailAttachment.objects.filter(email__in=[row.pk for row in rows.values()]):
        found[attachment.email_id or 0].append(attachment)
    return found
