"""Fragments of the conditions editor. Any page may use them: they know no automation."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from automations.conditions.base import CONDITIONS, Moment
from automations.conditions.editor import condition_item, group_item
from automations.conditions.tree import ConditionError, clean_tree, contacts_meeting, describe_tree
from automations.models import Account

from .base import may

PERMISSION = "contacts.view_contact"


@may(PERMISSION, "GET")
def new(request: HttpRequest) -> HttpResponse:
    """An empty condition of the `?type=`, or an empty group for “group”; with `?settings=` (JSON) a filled one."""
    slug = request.GET.get("type", "")
    if slug == "group":
        return render(request, "automations/forms/condition_group.html", {"group": group_item({}, (1,))})
    if slug not in CONDITIONS:
        raise Http404
    try:
        settings = json.loads(request.GET.get("settings") or "{}")
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        return HttpResponse(status=400)
    item = condition_item({**settings, "type": slug})
    return render(request, "automations/forms/condition.html", {"item": item})


@may(PERMISSION, "POST")
def check(request: HttpRequest) -> HttpResponse:
    """The tree as a sentence, how many contacts meet it now, and what is wrong where."""
    context: dict[str, Any] = {"places": {}}
    try:
        raw = json.loads(request.POST.get("tree") or "{}")
        tree = clean_tree(raw)
    except ConditionError as error:
        context["places"] = error.places
    except (ValueError, ValidationError):
        return HttpResponse(status=400)
    else:
        moment = Moment(zone=Account.current().zone)
        context |= {"tree": tree, "sentence": describe_tree(tree), "count": contacts_meeting(tree, moment).count()}
    context["places_json"] = json.dumps(context["places"])
    return render(request, "automations/forms/conditions_state.html", context)
