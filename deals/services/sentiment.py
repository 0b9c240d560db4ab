"""What the last e-mail about a deal says of how its contacts feel; a change of it is a fact."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.services.changes import current_facts
from deals.models import Deal, DealSentiment, PersonalEmail, SentimentChange
from deals.models.mail import Direction, Sentiment
from deals.quoted import without_quote
from deals.sentiment import analyse


def read_sentiment(*, email: PersonalEmail) -> str:
    """Read what came in about a deal, and let the deal's sentiment follow; "" for what is about none."""
    if email.deal_id is None or email.direction != Direction.IN or email.automatic:
        return ""
    mood = analyse(without_quote(email.text), hint=email.contact.language)
    set_sentiment(email=email, value=Sentiment(mood.value))
    return str(mood)


@transaction.atomic
def set_sentiment(*, email: PersonalEmail, value: str) -> None:
    """Say in what mood an e-mail about a deal is: by the reader, or by a person who knows better."""
    if value not in Sentiment.values:
        names = ", ".join(Sentiment.values)
        raise ValidationError({"sentiment": _("There is no such sentiment; there are: %s.") % names})
    if email.deal_id is None or email.direction != Direction.IN:
        raise ValidationError({"sentiment": _("Only an e-mail that a contact wrote about a deal has one.")})
    email.sentiment = value
    email.save(update_fields=["sentiment"])
    # One who writes for a deal at a time: what changed from what must be true.
    Deal.objects.select_for_update(of=("self",)).filter(pk=email.deal_id).values_list("pk").first()
    _follow(email.deal_id)


def _follow(deal_id: int) -> None:
    """The deal's sentiment is that of its last e-mail that could be read; none where no e-mail could."""
    rows = PersonalEmail.objects.filter(deal=deal_id, direction=Direction.IN)
    known = rows.exclude(sentiment__in=["", Sentiment.UNKNOWN])
    last = known.order_by("-at", "-pk").only("pk", "sentiment").first()
    before = DealSentiment.objects.filter(deal=deal_id).first()
    old, new = before.value if before else "", last.sentiment if last else ""
    if last is None or not new:
        DealSentiment.objects.filter(deal=deal_id).delete()
        return
    now = timezone.now()
    DealSentiment.objects.update_or_create(deal_id=deal_id, defaults={"value": new, "email": last, "at": now})
    if old != new:
        change = SentimentChange(deal_id=deal_id, email=last, old=old, new=new, at=now, **current_facts())
        change.save(force_insert=True)
