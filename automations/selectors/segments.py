"""What a tree of conditions means now."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.conditions.base import Moment
from automations.conditions.tree import contacts_meeting, describe_tree
from automations.models import Account
from contacts.models import Contact


def contacts_in(tree: Mapping[str, Any]) -> QuerySet[Contact]:
    """Everyone who meets a clean tree now, by the account's time zone."""
    return contacts_meeting(tree, Moment(now=timezone.now(), zone=Account.current().zone))


def sentence_of(tree: Mapping[str, Any]) -> str:
    """The tree as a sentence: “The contact has the tag VIP.”"""
    text = describe_tree(tree)
    return _("The contact %s.") % text if text else _("Every contact.")
