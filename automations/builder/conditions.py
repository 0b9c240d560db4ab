"""Fragments of the conditions editor. Any page may use them: they know no automation."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from automations.conditions.base import CONTACT, Moment, conditions_of
from automations.conditions.editor import condition_item, group_item
from automations.conditions.tree import (
    ConditionError,
    clean_tree,
    contacts_meeting,
    describe_tree,
    records_meeting,
    tree_needs_record,
)
from automations.models import Account
from automations.records import RECORDS

from .base import may

PERMISSION = "contacts.view_contact"


@may(PERMISSION, "GET")
def new(request: HttpRequest) -> HttpResponse:
    """An empty condition of the `?type=`, or an empty group for “group”; with `?settings=` (JSON) a filled one.

    `?subject=` says what it is about: contacts, or a kind of record.
    """
    slug, subject = request.GET.get("type", ""), _subject(request.GET.get("subject", ""))
    if slug == "group":
        group = group_item({}, (1,), subject)
        return render(request, "automations/forms/condition_group.html", {"group": group})
    if slug not in conditions_of(subject):
        raise Http404
    try:
        settings = json.loads(request.GET.get("settings") or "{}")
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        return HttpResponse(status=400)
    item = condition_item({**settings, "type": slug}, subject)
    return render(request, "automations/forms/condition.html", {"item": item})


@may(PERMISSION, "POST")
def check(request: HttpRequest) -> HttpResponse:
    """The tree as a sentence, how many contacts (or records) meet it now, and what is wrong where."""
    subject = _subject(request.POST.get("subject", ""))
    context: dict[str, Any] = {"places": {}}
    try:
        raw = json.loads(request.POST.get("tree") or "{}")
        tree = clean_tree(raw, subject)
    except ConditionError as error:
        context["places"] = error.places
    except (ValueError, ValidationError):
        return HttpResponse(status=400)
    else:
        context |= {"tree": tree, "sentence": describe_tree(tree, subject), **_count(tree, subject)}
    context["places_json"] = json.dumps(context["places"])
    return render(request, "automations/forms/conditions_state.html", context)


def _subject(name: str) -> str:
    """What the tree is about; 404 for what there is not."""
    if name and name != CONTACT and name not in RECORDS:
        raise Http404
    return name or CONTACT


def _count(tree: dict[str, Any], subject: str) -> dict[str, Any]:
    """How many meet it now; whom a condition on the triggering record would let in can't be known before."""
    moment = Moment(zone=Account.current().zone, any_record=True)
    if subject == CONTACT:
        return {"count": contacts_meeting(tree, moment).count(), "at_most": tree_needs_record(tree)}
    kind = RECORDS[subject]
    return {"kind": kind, "count": records_meeting(tree, kind, moment).count()}
