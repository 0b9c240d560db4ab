"""A pipeline to work with, and mail servers."""

import pytest

from deals.models import Pipeline, Stage
from tests.deals.mail_servers import imap_server, mailbox, own_smtp

__all__ = ["imap_server", "mailbox", "own_smtp"]


@pytest.fixture
def pipeline(db: None) -> Pipeline:
    pipeline = Pipeline.objects.create(name="Sales", currency="EUR")
    for number, name in enumerate(("New", "Talks", "Offer")):
        Stage.objects.create(pipeline=pipeline, name=name, position=number)
    return pipeline


@pytest.fixture
def stages(pipeline: Pipeline) -> list[Stage]:
    return list(pipeline.stages.all())
