"""An e-mail that was sent, made once more to be read in a browser."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils.translation import gettext as _

from automations.engine.plan import plan_of_version
from automations.models import Delivery, Enrollment
from contacts.models import Campaign, SentEmail

from .campaigns import content_of
from .message import Preview, public_version, web_version


def read_web(email: SentEmail) -> Preview:
    """For its recipient; ValidationError where its content, or the recipient, is gone."""
    delivery = _delivery(email)
    if email.contact is None:
        raise ValidationError(_("The contact does not exist any more."))
    event = Enrollment.objects.filter(pk=delivery.enrollment_id or 0).values_list("event", flat=True).first()
    return web_version(_content(delivery), email.contact, event or {}, email)


def read_public(email: SentEmail) -> Preview:
    """For anybody; ValidationError where its content is gone, or can't be made for nobody in particular."""
    return public_version(_content(_delivery(email)), email, email.contact.language if email.contact else "")


def _delivery(email: SentEmail) -> Delivery:
    delivery = Delivery.objects.filter(pk=email.reference).first() if email.reference else None
    if delivery is None:
        raise ValidationError(_("This e-mail is not kept any more."))
    return delivery


def _content(delivery: Delivery) -> Any:
    try:
        if delivery.campaign_id:
            return content_of(Campaign.objects.get(pk=delivery.campaign_id))
        return plan_of_version(delivery.version_id or 0).steps[delivery.step_key].settings()
    except (ObjectDoesNotExist, KeyError):
        raise ValidationError(_("This e-mail is not kept any more.")) from None
