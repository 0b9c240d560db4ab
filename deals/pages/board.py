"""The board: a pipeline's deals in columns by stage; a card is moved by dragging or by its menu."""

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.shell import full_page, may
from deals.models import Deal, DealStatus, Pipeline
from deals.selectors.board import CLOSE_CHOICES, BoardFilter, board_of
from deals.services import move_deal, set_status
from deals.services.deals import Moved
from deals.services.pipelines import make_usual_pipeline

VIEW, CHANGE = "deals.view_deal", "deals.change_deal"
FILTERS = ("owner", "status", "q", "close")


def filter_of(query: Any) -> BoardFilter:
    """What the filters of the address say; what is none of their choices counts as not given."""
    status, close = query.get("status", ""), query.get("close", "")
    return BoardFilter(
        owner=query.get("owner", ""),
        status=status if status in (*DealStatus.values, "all") else DealStatus.OPEN,
        search=" ".join(query.get("q", "").replace("\x00", "").split())[:100],
        close=close if close in dict(CLOSE_CHOICES) else "",
    )


@may(VIEW, "GET")
def board(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The board of one pipeline; without a number, of the first one."""
    pipelines = list(Pipeline.objects.all())
    if pk is None and pipelines:
        return redirect("deals:pipeline", pk=pipelines[0].pk)
    context: dict[str, Any] = {
        "title": _("Deals"),
        "pipelines": pipelines,
        "can_add_pipeline": request.user.has_perm("deals.add_pipeline"),
        "can_change_pipeline": request.user.has_perm("deals.change_pipeline"),
    }
    if pk is not None:
        context |= board_context(request, get_object_or_404(Pipeline, pk=pk))
    return full_page(request, "deals/board.html", context)


def board_context(request: HttpRequest, pipeline: Pipeline) -> dict[str, Any]:
    chosen = filter_of(request.GET)
    columns = board_of(pipeline, chosen)
    given = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    return {
        "pipeline": pipeline,
        "columns": columns,
        "stages": [column.stage for column in columns],
        "chosen": chosen,
        "query": urlencode(given),
        "owners": get_user_model()._default_manager.filter(is_active=True).order_by("username"),
        "statuses": DealStatus.choices,
        "close_choices": CLOSE_CHOICES,
        "total": sum(column.count for column in columns),
        "can_edit": request.user.has_perm(CHANGE),
        "can_add": request.user.has_perm("deals.add_deal"),
    }


@may("deals.add_pipeline", "POST")
def make_first(request: HttpRequest) -> HttpResponse:
    """The usual stages, to begin with."""
    return redirect("deals:pipeline", pk=make_usual_pipeline().pk)


@may(CHANGE, "POST")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a card to `stage`; 409 with the board as it is where it has left the stage `seen` meanwhile."""
    deal = get_object_or_404(Deal.objects.select_related("pipeline"), pk=pk)
    try:
        move_deal(deal=deal, stage=_id(request, "stage"), seen=_id(request, "seen"))
    except Moved as error:
        return _answer(request, deal, " ".join(error.messages), status=409)
    except ValidationError as error:
        return _answer(request, deal, " ".join(error.messages), status=422)
    now = Deal.objects.select_related("stage").get(pk=pk)
    return _answer(request, deal, _("“%(deal)s” is in “%(stage)s” now.") % {"deal": deal, "stage": now.stage})


@may(CHANGE, "POST")
def change_status(request: HttpRequest, pk: int) -> HttpResponse:
    deal = get_object_or_404(Deal.objects.select_related("pipeline"), pk=pk)
    try:
        set_status(deals=deal, status=request.POST.get("status", ""))
    except ValidationError as error:
        return _answer(request, deal, " ".join(error.messages), status=422)
    told = {
        DealStatus.WON: _("“%s” is won."),
        DealStatus.LOST: _("“%s” is lost."),
        DealStatus.OPEN: _("“%s” is open again."),
    }
    return _answer(request, deal, told[DealStatus(request.POST["status"])] % deal)


def _id(request: HttpRequest, name: str) -> int:
    """An id of the form; 0, which no row has, where there is none."""
    raw = request.POST.get(name, "")
    return int(raw) if raw.isdecimal() and len(raw) < 19 else 0


def _answer(request: HttpRequest, deal: Deal, text: str, status: int = 200) -> HttpResponse:
    """The board of the pipeline that the card was on, as it is now, and one sentence."""
    if not request.headers.get("HX-Request"):
        (messages.success if status == 200 else messages.error)(request, text)
        query = request.META.get("QUERY_STRING", "")
        return redirect(reverse("deals:pipeline", args=[deal.pipeline_id]) + (f"?{query}" if query else ""))
    response = render(request, "deals/columns.html", board_context(request, deal.pipeline), status=status)
    told = {"deals:told": {"text": text, "bad": status != 200, "deal": deal.pk}}
    response["HX-Trigger-After-Settle"] = json.dumps(told)
    return response
