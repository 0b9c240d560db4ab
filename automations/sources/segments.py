"""Saved segments belong to the contacts; what is in them is checked and watched here."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.translation import gettext as _

from automations.conditions.segment import saved_trees, segments_below, segments_in
from automations.conditions.tree import clean_tree, tree_needs_record, tree_references
from automations.engine.index import touch_index
from contacts.models import Segment
from contacts.quotes import quoted
from contacts.signals import conditions_cleaning, usage_requested


@receiver(conditions_cleaning)
def clean_conditions(segment: Segment, **kwargs: Any) -> dict[str, Any]:
    """The segment's conditions, validated; ValidationError with the place of what is wrong."""
    tree = clean_tree(segment.conditions)
    if tree_needs_record(tree):
        text = _("A saved segment can't ask about the record that a contact entered with; ask about any of them.")
        raise ValidationError(text)
    if segment.pk is not None:
        trees = saved_trees() | {segment.pk: tree}
        circular = [pk for pk in segments_in(tree) if segment.pk in segments_below(pk, trees)]
        if circular:
            names = ", ".join(quoted(other) for other in Segment.objects.filter(pk__in=circular))
            raise ValidationError(_("The segment would contain itself through %s.") % names)
    return tree


@receiver(usage_requested)
def segments_using(record: models.Model, **kwargs: Any) -> list[str]:
    """The saved segments, by name, whose conditions name the record."""
    wanted = (record._meta.label_lower, record.pk)
    return [
        _("the segment “%s”") % segment.name
        for segment in Segment.objects.order_by("name")
        if segment != record and wanted in tree_references(segment.conditions)
    ]


@receiver(post_save, sender=Segment)
def segment_saved(**kwargs: Any) -> None:
    """The index knows which events waits for this segment listen to."""
    touch_index()
