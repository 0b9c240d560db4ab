"""/feeds/: the feeds that automations watch, their state and their latest items."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from automations import services
from automations.models import Feed, FeedItem
from contacts.api.base import ReadOnlyViewSet
from contacts.api.errors import Conflict


class FeedSerializer(serializers.ModelSerializer[Feed]):
    state = serializers.ChoiceField(
        choices=["new", "good", "failing", "unwatched"],
        read_only=True,
        help_text="new: not read yet; unwatched: no active automation asks for it.",
    )

    class Meta:
        model = Feed
        fields = [
            "id", "url", "title", "state", "error", "failures", "checked_at", "read_at", "next_check_at",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class FeedItemSerializer(serializers.ModelSerializer[FeedItem]):
    class Meta:
        model = FeedItem
        fields = ["id", "feed", "title", "link", "summary", "published", "found_at"]
        read_only_fields = fields


class FeedFilter(django_filters.FilterSet):
    failing = django_filters.BooleanFilter(method="by_failing", help_text="Whether it could not be read.")
    url = django_filters.CharFilter(max_length=500, help_text="The whole address.")

    class Meta:
        model = Feed
        fields: list[str] = []

    def by_failing(self, rows: QuerySet[Feed], name: str, failing: bool) -> QuerySet[Feed]:
        return rows.filter(failures__gt=0) if failing else rows.filter(failures=0)


class FeedItemFilter(django_filters.FilterSet):
    feed = django_filters.NumberFilter(
        field_name="feed_id", min_value=1, max_value=2**63 - 1, help_text="A feed's id."
    )

    class Meta:
        model = FeedItem
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Feeds that automations watch, newest first"),
    retrieve=extend_schema(summary="One feed"),
)
class FeedViewSet(ReadOnlyViewSet):
    queryset = Feed.objects.all()
    serializer_class = FeedSerializer
    filterset_class = FeedFilter
    action_permissions = {"check": ["automations.change_feed"]}

    @extend_schema(
        summary="Let the worker read it within the minute",
        description="Also where it pauses after an error. 409 where no active automation watches it.",
        request=None,
        responses=FeedSerializer,
    )
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        if not services.ask_for_check(feeds=[self.get_object()]):
            raise Conflict(_("No active automation watches this feed."), code="unwatched")
        return Response(FeedSerializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="Items of feeds, newest first"), retrieve=extend_schema(summary="One item")
)
class FeedItemViewSet(ReadOnlyViewSet):
    queryset = FeedItem.objects.all()
    serializer_class = FeedItemSerializer
    filterset_class = FeedItemFilter
