"""/site-messages/: what the tracking script shows to contacts whom automations chose."""

from drf_spectacular.utils import extend_schema, extend_schema_view

from contacts.models import SiteMessage

from .base import RecordViewSet
from .strict import StrictModelSerializer


class SiteMessageSerializer(StrictModelSerializer):
    class Meta:
        model = SiteMessage
        fields = [
            "id",
            "title",
            "html",
            "button_text",
            "button_url",
            "position",
            "ends_at",
            "created_at",
            "updated_at",
        ]


@extend_schema_view(
    list=extend_schema(summary="Site messages, newest first"),
    retrieve=extend_schema(summary="One site message"),
    create=extend_schema(summary="Add a site message"),
    partial_update=extend_schema(summary="Change a site message; who has yet to see it sees the new one"),
    destroy=extend_schema(summary="Delete a site message; 409 while something uses it"),
)
class SiteMessageViewSet(RecordViewSet):
    queryset = SiteMessage.objects.all()
    serializer_class = SiteMessageSerializer
