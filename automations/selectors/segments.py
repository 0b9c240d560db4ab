"""Who meets a tree of conditions now."""

from django.db.models import QuerySet

from automations.conditions.base import Moment
from automations.conditions.tree import Tree, contacts_meeting
from automations.models import Account
from contacts.models import Contact


def members(tree: Tree) -> QuerySet[Contact]:
    """Everyone who meets the tree now, in the account's time zone. `tree` passed `clean_tree`."""
    return contacts_meeting(tree, Moment(zone=Account.current().zone))


def count(tree: Tree) -> int:
    """How many meet it; {} is met by everyone."""
    return members(tree).count()


def sample(tree: Tree, size: int = 10) -> list[Contact]:
    """Some who meet it, the newest first."""
    return list(members(tree).order_by("-pk")[:size])
