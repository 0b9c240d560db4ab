"""/pipelines/ and /stages/."""

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view

from contacts.api.base import RecordViewSet
from deals.models import Pipeline, Stage

from .deals import one_of
from .serializers import PipelineSerializer, StageSerializer


class PipelineFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="iexact", help_text="The whole name, in any case.")

    class Meta:
        model = Pipeline
        fields: list[str] = []


class StageFilter(django_filters.FilterSet):
    pipeline = one_of(Pipeline, gettext_lazy("There is no pipeline %(value)s."))

    class Meta:
        model = Stage
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Pipelines with their stages, newest first"),
    retrieve=extend_schema(summary="One pipeline"),
    create=extend_schema(summary="Make a pipeline; then its stages"),
    partial_update=extend_schema(summary="Change a pipeline"),
    destroy=extend_schema(summary="Delete a pipeline and its stages; 409 while deals are in it"),
)
class PipelineViewSet(RecordViewSet):
    queryset = Pipeline.objects.prefetch_related("stages")
    serializer_class = PipelineSerializer
    filterset_class = PipelineFilter


@extend_schema_view(
    list=extend_schema(summary="Stages, newest first"),
    retrieve=extend_schema(summary="One stage"),
    create=extend_schema(summary="Make a stage"),
    partial_update=extend_schema(summary="Change a stage"),
    destroy=extend_schema(summary="Delete a stage; 409 while deals are in it"),
)
class StageViewSet(RecordViewSet):
    queryset = Stage.objects.all()
    serializer_class = StageSerializer
    filterset_class = StageFilter
