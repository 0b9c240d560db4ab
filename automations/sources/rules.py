"""Rules for scores and conversions: they are part of the trigger index, use records, and know contacts."""

from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from django.utils.translation import gettext as _

from automations.engine import conversions  # noqa: F401 registers its responders
from automations.engine.index import touch_index
from automations.engine.scoring import merge_states
from automations.models import Automation, ConversionRule, ScoreRule
from automations.models.rules import Rule
from contacts.models import Contact, Conversion, Score
from contacts.signals import contacts_merging, usage_requested

KINDS: tuple[type[Rule], ...] = (ScoreRule, ConversionRule)


@receiver([post_save, post_delete], sender=Score)
@receiver([post_save, post_delete], sender=ScoreRule)
@receiver([post_save, post_delete], sender=Conversion)
@receiver([post_save, post_delete], sender=ConversionRule)
def rules_changed(**kwargs: Any) -> None:
    touch_index()


@receiver(pre_save, sender=Score)
def score_saving(instance: Score, raw: bool = False, **kwargs: Any) -> None:
    """A score that is switched on again looks forward only: its rules see afresh who meets them."""
    if raw or instance._state.adding or not instance.is_active:
        return
    if Score.objects.filter(pk=instance.pk, is_active=False).exists():
        from automations.services.rules import look_afresh

        look_afresh(list(ScoreRule.objects.filter(score=instance, trigger="").values_list("pk", flat=True)))


@receiver(usage_requested)
def rules_using(record: models.Model, **kwargs: Any) -> list[str]:
    """The rules whose event or conditions name the record, by what they are for."""
    wanted = (record._meta.label_lower, record.pk)
    return [
        _("a rule of “%s”") % rule.owner()
        for kind in KINDS
        for rule in kind._default_manager.all()
        if wanted in rule.references()
    ]


@receiver(usage_requested, sender=Conversion)
def exits_using(record: Conversion, **kwargs: Any) -> list[str]:
    """The automations that contacts leave on this conversion."""
    rows = Automation.objects.filter(exit_conversion=record).order_by("name")
    return [_("the automation “%s”") % name for name in rows.values_list("name", flat=True)]


@receiver(contacts_merging)
def merge_rules(keep: Contact, drop: Contact, **kwargs: Any) -> None:
    merge_states(keep, drop)
