"""/imports/: a CSV file, its columns, a dry run, the import, its progress and its report."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import ImportJob
from contacts.models.jobs import JobStatus
from contacts.services.imports import (
    ImportOptions,
    create_import,
    import_preview,
    import_targets,
    start_import,
)

from .base import ReadOnlyViewSet
from .errors import Conflict
from .parsers import StrictJSONParser
from .strict import IdField, StrictSerializer

# What a form with one file has around it.
FORM_BYTES = 64 * 1024


class OptionsSerializer(StrictSerializer):
    """What an import does beside writing fields. What is left out has its default."""

    lists = serializers.ListField(child=IdField(), required=False, help_text="Subscribe everybody to these.")
    tags = serializers.ListField(child=IdField(), required=False, help_text="Put these on everybody.")
    update_existing = serializers.BooleanField(required=False, help_text="Default: true.")
    resubscribe = serializers.BooleanField(required=False, help_text="Default: false.")
    create_tags = serializers.BooleanField(
        required=False, help_text="Make unknown tags of the tags column. Default: true."
    )
    clear_empty = serializers.BooleanField(
        required=False, help_text="An empty cell empties the field. Default: false."
    )


class ImportSerializer(serializers.ModelSerializer):
    file_name = serializers.SerializerMethodField()
    mapping = serializers.DictField(child=serializers.CharField(allow_blank=True))
    options = OptionsSerializer()
    percent = serializers.IntegerField(help_text="Progress, 0 to 100.")
    files_removed = serializers.BooleanField(
        help_text="Whether the uploaded file and the report are gone: they are kept for FILE_RETENTION_DAYS."
    )
    has_report = serializers.SerializerMethodField(help_text="Whether /imports/{id}/report/ has lines.")

    class Meta:
        model = ImportJob
        fields = [
            "id", "status", "file_name", "files_removed", "encoding", "delimiter", "mapping", "options", "dry_run",
            "total", "processed", "percent", "created_count", "updated_count", "unchanged_count",
            "error_count", "notice_count", "has_report", "error", "created_by",
            "created_at", "updated_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(str)
    def get_file_name(self, job: ImportJob) -> str:
        return str(job.file.name).rsplit("/", 1)[-1]

    @extend_schema_field(bool)
    def get_has_report(self, job: ImportJob) -> bool:
        return bool(job.report)


class UploadSerializer(StrictSerializer):
    file = serializers.FileField(help_text="CSV with a header line, in UTF-8, UTF-16 or Windows-1252.")


class StartSerializer(StrictSerializer):
    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=100),
        required=False,
        help_text='Column header -> field, "tags", or "" to leave it out. Default: as proposed.',
    )
    options = OptionsSerializer(required=False)
    dry_run = serializers.BooleanField(
        default=False, help_text="Write nothing; count and report what would happen."
    )


class PreviewSerializer(serializers.Serializer):
    headers = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    notices = serializers.ListField(child=serializers.CharField())
    targets = serializers.DictField(
        child=serializers.CharField(), help_text="What a column can go into: field -> label."
    )


class ImportFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=JobStatus.choices)

    class Meta:
        model = ImportJob
        fields: list[str] = []


class CsvRenderer(BaseRenderer):
    """Lets clients ask for text/csv; the report itself is streamed from its file."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return JSONRenderer().render(data)


MAY_IMPORT = ["contacts.add_importjob", "contacts.add_contact", "contacts.change_contact"]


@extend_schema_view(
    list=extend_schema(summary="Imports, newest first"),
    retrieve=extend_schema(summary="One import and its progress"),
)
class ImportViewSet(ReadOnlyViewSet):
    queryset = ImportJob.objects.all()
    serializer_class = ImportSerializer
    filterset_class = ImportFilter
    parser_classes = [MultiPartParser, StrictJSONParser]
    action_permissions = {
        "create": MAY_IMPORT,
        "start": MAY_IMPORT,
        "preview": ["contacts.view_importjob"],
        "report": ["contacts.view_importjob"],
    }

    def max_body(self, request: Request) -> int:
        form = (request.content_type or "").startswith("multipart/")
        return int(settings.IMPORT_MAX_BYTES) + FORM_BYTES if form else super().max_body(request)

    @extend_schema(
        summary="Upload a CSV file",
        description="Keeps the file as a draft with proposed columns; nothing is imported before `start`.",
        request={"multipart/form-data": UploadSerializer},
        responses={201: ImportSerializer},
    )
    def create(self, request: Request) -> Response:
        serializer = UploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            job = create_import(file=serializer.validated_data["file"], user_id=request.user.pk)
        except ValidationError as exc:
            raise ValidationError({"file": exc}) from None
        return Response(ImportSerializer(job).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="The file's header and first rows", responses=PreviewSerializer)
    @action(detail=True, methods=["get"], pagination_class=None)
    def preview(self, request: Request, pk: str) -> Response:
        preview = import_preview(job=self.get_object())
        return Response(
            {
                "headers": preview.headers,
                "rows": preview.rows,
                "notices": preview.notices,
                "targets": import_targets(),
            }
        )

    @extend_schema(
        summary="Start the import, or its dry run, in the worker",
        description="409 with the code `running` or `done` if it can't be started again.",
        request=StartSerializer,
        responses={202: ImportSerializer},
    )
    @action(detail=True, methods=["post"], parser_classes=[StrictJSONParser])
    def start(self, request: Request, pk: str) -> Response:
        serializer = StartSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        options = given.get("options")
        job = _start(
            self.get_object(),
            mapping=given.get("mapping"),
            options=None if options is None else {**ImportOptions().to_json(), **options},
            dry_run=given["dry_run"],
        )
        return Response(ImportSerializer(job).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="The rows with problems, as CSV",
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    @action(detail=True, methods=["get"], pagination_class=None, renderer_classes=[JSONRenderer, CsvRenderer])
    def report(self, request: Request, pk: str) -> Any:
        job = self.get_object()
        if job.files_removed:
            raise NotFound(_("The report of this import was removed with its file."))
        if not job.report:
            raise NotFound(_("This import has no report: no row had a problem, or it is not finished."))
        name = str(job.report.name).rsplit("/", 1)[-1]
        file = job.report.storage.open(str(job.report.name), "rb")
        return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def _start(
    job: ImportJob, *, mapping: Mapping[str, str] | None, options: Mapping[str, Any] | None, dry_run: bool
) -> ImportJob:
    """Start it, with the service's errors under the name of the field they are about."""
    try:
        return start_import(job=job, mapping=mapping, options=options, dry_run=dry_run)
    except ValidationError as exc:
        code = getattr(exc, "code", None)
        if code in ("running", "done"):
            raise Conflict(" ".join(exc.messages), code=code) from None
        if code in ("mapping", "options"):
            raise ValidationError({code: exc}) from None
        raise
