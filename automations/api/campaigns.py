"""/campaigns/ and /email-templates/: e-mails to many, their sending and their reports."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from automations import services
from automations.api.automations import AutomationFilter
from automations.campaigns.base import contact_to_show
from automations.engine.clock import at_wall_time
from automations.models import Account
from automations.selectors.campaigns import course, link_figures, reports
from automations.services.campaigns import keep_template, recipients_of
from contacts.api.base import ReadOnlyViewSet, RecordViewSet
from contacts.api.errors import Conflict
from contacts.api.strict import IdField, StrictModelSerializer, StrictSerializer
from contacts.models import Campaign, Contact, EmailTemplate, List, Segment
from contacts.models.campaigns import CampaignKind, CampaignStatus
from contacts.selectors.references import lists_by_id
from contacts.services.campaigns import OPEN, delete_campaign, duplicate_campaign

WRITTEN = [
    "name", "subject", "preheader", "html", "text", "from_name", "from_email", "reply_to", "track_opens",
    "track_links", "segment", "lists",
]  # fmt: skip


class CampaignSerializer(serializers.ModelSerializer):
    lists: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True, help_text="Ids.")
    problem = serializers.CharField(help_text="Why it could not start at its time.")
    recipients = serializers.IntegerField(help_text="How many are in the ledger.")

    class Meta:
        model = Campaign
        fields = [
            "id", "kind", "status", *WRITTEN, "scheduled_at", "started_at", "finished_at", "recipients", "problem",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class CampaignInputSerializer(StrictModelSerializer):
    lists = serializers.ListField(child=IdField(), required=False, max_length=500, help_text="Ids.")
    segment = serializers.PrimaryKeyRelatedField(
        queryset=Segment.objects.all(), required=False, allow_null=True, help_text="A segment's id, or null."
    )

    class Meta:
        model = Campaign
        fields = WRITTEN


class ScheduleSerializer(StrictSerializer):
    at = serializers.CharField(
        max_length=40,
        help_text="ISO 8601; without an offset in the account's time zone, such as 2027-03-01T09:00.",
    )


class CampaignTestSerializer(StrictSerializer):
    addresses = serializers.ListField(
        child=serializers.CharField(max_length=254), max_length=10, help_text="Addresses of users."
    )
    contact = serializers.EmailField(
        required=False, default="", help_text="Whom it is made for; without it, the newest contact."
    )


class SentToSerializer(serializers.Serializer):
    sent = serializers.ListField(child=serializers.CharField())


class CampaignProblemsSerializer(serializers.Serializer):
    problems = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="By field; empty: it can be sent."
    )
    recipients = serializers.IntegerField(help_text="How many would get it now.")


class LinkFiguresSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="link.pk")
    url = serializers.CharField(source="link.url")
    clicks = serializers.IntegerField()
    people = serializers.IntegerField(help_text="E-mails in which it was clicked.")


class PointSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="As `counts` of the report.")


class ReportSerializer(serializers.Serializer):
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField(help_text="Where no provider reports it: sent less bounces.")
    opened = serializers.IntegerField(help_text="E-mails opened by people, machines left out.")
    clicked = serializers.IntegerField(help_text="E-mails in which a person clicked a link.")
    unsubscribed = serializers.IntegerField()
    bounced = serializers.IntegerField()
    complaints = serializers.IntegerField()
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Everything that is counted: delivered, open, click, bounce, … each time; …_first once for "
        "each e-mail; …_machine by machines; skipped, and skip:<reason>.",
    )
    links = LinkFiguresSerializer(many=True)
    hourly = serializers.BooleanField(help_text="`course` is by hour; otherwise by day in the account's zone.")
    course = PointSerializer(many=True, help_text="First opens, first clicks, unsubscriptions over 30 days.")


class CampaignFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=CampaignKind.choices)
    status = django_filters.MultipleChoiceFilter(choices=CampaignStatus.choices)
    search = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=100, help_text="A part of the name."
    )
    list = AutomationFilter.declared_filters["list"]

    class Meta:
        model = Campaign
        fields: list[str] = []


CHANGE = ["contacts.change_campaign"]


@extend_schema_view(
    list=extend_schema(summary="Campaigns and the e-mails of automations, newest first"),
    retrieve=extend_schema(summary="One campaign"),
)
class CampaignViewSet(ReadOnlyViewSet):
    queryset = Campaign.objects.prefetch_related("lists")
    serializer_class = CampaignSerializer
    filterset_class = CampaignFilter
    action_permissions = dict.fromkeys(("send", "schedule", "pause", "resume", "cancel", "test"), CHANGE)

    @extend_schema(
        summary="Write a campaign", request=CampaignInputSerializer, responses={201: CampaignSerializer}
    )
    def create(self, request: Request) -> Response:
        campaign = services.save_campaign(**_arguments(CampaignInputSerializer(data=request.data)))
        return Response(self._fresh(campaign), status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change a campaign that has not started; 409 after that",
        request=CampaignInputSerializer(partial=True),
        responses=CampaignSerializer,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        arguments = _arguments(CampaignInputSerializer(data=request.data, partial=True))
        return self._open(lambda campaign: services.save_campaign(campaign=campaign, **arguments))

    @extend_schema(
        summary="Delete a campaign that never went out; 409 when it did, or something uses it",
        responses={204: None},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        campaign = self._checked(*OPEN)
        delete_campaign(campaign=campaign)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="What keeps it from being sent, and to how many it would go", responses=CampaignProblemsSerializer
    )
    @action(detail=True)
    def problems(self, request: Request, pk: str) -> Response:
        campaign = self.get_object()
        problems = services.problems_of_campaign(campaign)
        return Response({"problems": problems, "recipients": recipients_of(campaign).count()})

    @extend_schema(summary="Send it now", request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        return self._open(lambda campaign: services.start_campaign(campaign=campaign))

    @extend_schema(
        summary="Send it at a time; again to move it", request=ScheduleSerializer, responses=CampaignSerializer
    )
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, pk: str) -> Response:
        serializer = ScheduleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        at = _moment(serializer.validated_data["at"])
        return self._open(lambda campaign: services.schedule_campaign(campaign=campaign, at=at))

    @extend_schema(summary="Hold what has not left", request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        campaign = self._checked(CampaignStatus.SENDING)
        return Response(self._fresh(services.pause_campaign(campaign=campaign)))

    @extend_schema(summary="Go on with a paused one", request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        campaign = self._checked(CampaignStatus.PAUSED)
        return Response(self._fresh(services.resume_campaign(campaign=campaign)))

    @extend_schema(
        summary="Give up what has not left; a scheduled one becomes a draft again",
        request=None,
        responses=CampaignSerializer,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        going = (CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.PAUSED)
        return Response(self._fresh(services.cancel_campaign(campaign=self._checked(*going))))

    @extend_schema(
        summary="Copy it as a draft", request=None, responses={201: CampaignSerializer}, operation_id="duplicate"
    )
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, pk: str) -> Response:
        copy = duplicate_campaign(campaign=self._checked(*CampaignStatus))
        return Response(self._fresh(copy), status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Send it to people of the team", request=CampaignTestSerializer, responses=SentToSerializer
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        serializer = CampaignTestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        campaign = self._checked(*CampaignStatus)
        contact: Contact = contact_to_show(serializer.validated_data["contact"])
        addresses = serializer.validated_data["addresses"]
        return Response({"sent": services.send_test(content=campaign, contact=contact, addresses=addresses)})

    @extend_schema(summary="What became of it", responses=ReportSerializer)
    @action(detail=True)
    def report(self, request: Request, pk: str) -> Response:
        campaign = self.get_object()
        figures = reports([campaign])[campaign.pk]
        points, hourly = course(campaign, Account.current().zone)
        answer = {
            "sent": figures.sent,
            "delivered": figures.delivered,
            "opened": figures.of("open_first"),
            "clicked": figures.of("click_first"),
            "unsubscribed": figures.of("unsubscribe"),
            "bounced": figures.of("bounce_first"),
            "complaints": figures.of("complaint"),
            "counts": {name: amount for name, amount in figures.counts.items() if not name.startswith("link")},
            "links": link_figures(campaign),
            "hourly": hourly,
            "course": points,
        }
        return Response(ReportSerializer(answer).data)

    def _checked(self, *statuses: str) -> Campaign:
        """The campaign, if it is a one-off one in one of these states; 409 otherwise."""
        campaign: Campaign = self.get_object()
        if campaign.kind != CampaignKind.BROADCAST:
            raise Conflict(_("“%s” is an automation's e-mail; it is written in the automation.") % campaign)
        if campaign.status not in statuses:
            text = _("“%(campaign)s” is %(status)s; that can't be done with it now.")
            raise Conflict(text % {"campaign": campaign, "status": campaign.get_status_display()}, code="state")
        return campaign

    def _open(self, verb: Callable[[Campaign], Campaign]) -> Response:
        return Response(self._fresh(verb(self._checked(*OPEN))))

    def _fresh(self, campaign: Campaign) -> Any:
        queryset: QuerySet[Campaign] = self.get_queryset()
        return CampaignSerializer(queryset.get(pk=campaign.pk)).data


def _arguments(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values = dict(serializer.validated_data)
    lists: list[List] | None = lists_by_id(values.pop("lists"), label="lists") if "lists" in values else None
    return {"values": values, "lists": lists}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError({"at": [_("Give an ISO 8601 date and time.")]}) from None
    if timezone.is_naive(moment):
        return at_wall_time(moment.date(), moment.time(), Account.current().zone)
    return moment


class EmailTemplateSerializer(StrictModelSerializer):
    class Meta:
        model = EmailTemplate
        fields = ["id", "name", "subject", "preheader", "html", "text", "created_at", "updated_at"]


class EmailTemplateFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=100, help_text="A part of the name."
    )

    class Meta:
        model = EmailTemplate
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="E-mail templates, newest first"),
    retrieve=extend_schema(summary="One e-mail template"),
    create=extend_schema(summary="Make an e-mail template"),
    partial_update=extend_schema(summary="Change an e-mail template; campaigns started from it stay as they are"),
    destroy=extend_schema(summary="Delete an e-mail template"),
)
class EmailTemplateViewSet(RecordViewSet):
    queryset = EmailTemplate.objects.all()
    serializer_class = EmailTemplateSerializer
    filterset_class = EmailTemplateFilter

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = keep_template(values=self.values(serializer))

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        record: Any = serializer.instance
        serializer.instance = keep_template(template=record, values=self.values(serializer))
