"""The draft as the canvas draws it: paths of cards, branches side by side. Nothing is placed by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from automations.models import Account, Automation, Step, Trigger
from automations.models.configured import Configured
from automations.selectors.figures import Figures, step_figures
from automations.services.publishing import problems_by_part


@dataclass
class Card:
    """A trigger or step, ready to be drawn."""

    part: Configured
    problems: list[str]
    figures: Figures

    @property
    def key(self) -> str:
        return self.part.key

    @cached_property
    def sentence(self) -> str:
        return self.part.describe()

    @property
    def has_figures(self) -> bool:
        return bool(self.figures.entered or self.figures.failed or self.figures.deliveries)


@dataclass
class TriggerCard(Card):
    part: Trigger


@dataclass
class StepCard(Card):
    """`paths` has one path for each arm where there are several; `targets` the titles of steps it jumps to."""

    part: Step
    paths: list["Path"] = field(default_factory=list)
    targets: list[tuple[str, str]] = field(default_factory=list)

    @property
    def arm_names(self) -> list[str]:
        return [arm.name for arm in self.part.arms()]


@dataclass
class Path:
    """Cards one below the other. It begins on the edge (`parent`, `arm`); `end` is the edge it ends on."""

    parent: str
    arm: str
    label: Any = ""
    count: int | None = None
    share: int | None = None
    cards: list[StepCard] = field(default_factory=list)
    end: tuple[str, str] | None = None


@dataclass
class Canvas:
    automation: Automation
    triggers: list[TriggerCard]
    path: Path
    figures: Figures
    cards: dict[str, Card]

    @property
    def has_steps(self) -> bool:
        return bool(self.path.cards)

    @property
    def problem_count(self) -> int:
        return sum(len(card.problems) for card in self.cards.values())


def build_canvas(automation: Automation) -> Canvas:
    """A number of queries that depends on the types present, not on the number of cards.

    Call it within `remembered_names()`.
    """
    account = Account.current()
    figures = step_figures(automation)
    triggers, steps = list(automation.triggers.all()), list(automation.steps.all())
    problems = {
        key: [problem.on_card or problem.message for problem in found]
        for key, found in problems_by_part(triggers, steps, account).items()
    }
    cards: dict[str, Card] = {}
    for step in steps:
        cards[step.key] = StepCard(step, problems[step.key], figures.get(step.key) or Figures())
    titles = {step.key: step for step in steps}
    for card in list(cards.values()):
        assert isinstance(card, StepCard)  # noqa: S101 made so above
        card.targets = [(key, titles[key].describe()) for key in sorted(card.part.targets()) if key in titles]
    path = _path("", "", {(step.parent, step.arm): cards[step.key] for step in steps})
    trigger_cards = [
        TriggerCard(trigger, problems[trigger.key], figures.get(trigger.key) or Figures()) for trigger in triggers
    ]
    cards |= {card.key: card for card in trigger_cards}
    return Canvas(automation, trigger_cards, path, figures.get("") or Figures(), cards)


def _path(parent: str, arm: str, at: Mapping[tuple[str, str], Any]) -> Path:
    path = Path(parent, arm)
    edge: tuple[str, str] | None = (parent, arm)
    while edge is not None and (card := at.get(edge)) is not None:
        path.cards.append(card)
        arms = card.part.arms()
        edge = (card.key, arms[0].name) if len(arms) == 1 else None
        if len(arms) > 1:
            card.paths = [_branch(card, arm.name, arm.label, at) for arm in arms]
    path.end = edge
    return path


def _branch(card: StepCard, arm: str, label: Any, at: Mapping[tuple[str, str], Any]) -> Path:
    path = _path(card.key, arm, at)
    path.label = label
    path.count = card.figures.arms.get(arm)
    path.share = card.figures.share(arm)
    return path
