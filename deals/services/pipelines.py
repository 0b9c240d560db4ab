"""Pipelines to begin with."""

from django.db import transaction
from django.utils.translation import gettext as _

from deals.models import Pipeline, Stage


@transaction.atomic
def make_usual_pipeline() -> Pipeline:
    """A pipeline with the usual stages; the first one there is where there is one already."""
    known = Pipeline.objects.first()
    if known is not None:
        return known
    pipeline = Pipeline.objects.create(name=_("Sales"))
    stages = (
        (_("New"), 10, Stage.Color.GREY),
        (_("Contacted"), 25, Stage.Color.BLUE),
        (_("Offer sent"), 50, Stage.Color.VIOLET),
        (_("Negotiation"), 75, Stage.Color.AMBER),
    )
    for position, (name, probability, color) in enumerate(stages):
        Stage.objects.create(pipeline=pipeline, name=name, position=position, probability=probability, color=color)
    return pipeline
