"""What a tree of conditions means now."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from automations.conditions.base import Moment
from automations.conditions.tree import Tree, contacts_meeting, describe_tree
from automations.models import Account
from contacts.models import Contact


def contacts_in(tree: Tree) -> QuerySet[Contact]:
    """Everyone who meets the tree now, in the account's time zone. `tree` passed `clean_tree`."""
    return contacts_meeting(tree, Moment(zone=Account.current().zone))


def count(tree: Tree) -> int:
    """How many meet it; {} is met by everyone."""
    return contacts_in(tree).count()


def sample(tree: Tree, size: int = 10) -> list[Contact]:
    """Some who meet it, the newest first."""
    return list(contacts_in(tree).order_by("-pk")[:size])


def sentence_of(tree: Tree) -> str:
    """The tree as a sentence: “The contact has the tag VIP.”"""
    text = describe_tree(tree)
    return _("The contact %s.") % text if text else _("Every contact.")
