"""/tasks/, /task-types/ and /task-outcomes/."""

from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.base import RecordViewSet
from contacts.api.filters import MomentFilter, YesNoFilter
from contacts.api.labels import LabelFilter
from contacts.models import Contact
from deals.models import Deal, Task, TaskOutcome, TaskType
from deals.services import complete_tasks, reopen_tasks

from .deals import one_of
from .serializers import CompleteSerializer, TaskOutcomeSerializer, TaskSerializer, TaskTypeSerializer


class TaskFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(
        field_name="title", lookup_expr="icontains", help_text="A part of the title."
    )
    type = one_of(TaskType, gettext_lazy("There is no task type %(value)s."))
    assignee = one_of(get_user_model(), gettext_lazy("There is no user %(value)s."))
    contact = one_of(Contact, gettext_lazy("There is no contact %(value)s."))
    deal = one_of(Deal, gettext_lazy("There is no deal %(value)s."))
    done = YesNoFilter(method="by_done", help_text="Whether it is completed.")
    due_from = MomentFilter(field_name="due_at", lookup_expr="gte")
    due_to = MomentFilter(field_name="due_at", lookup_expr="lt", help_text="Before this moment.")

    class Meta:
        model = Task
        fields: list[str] = []

    def by_done(self, queryset: QuerySet[Task], name: str, value: bool) -> QuerySet[Task]:
        return queryset.filter(done_at__isnull=not value)


@extend_schema_view(
    list=extend_schema(summary="Tasks, newest first"),
    retrieve=extend_schema(summary="One task"),
    create=extend_schema(summary="Plan a task about a contact or a deal"),
    partial_update=extend_schema(summary="Change a task"),
    destroy=extend_schema(summary="Delete a task"),
)
class TaskViewSet(RecordViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    action_permissions = {"complete": ["deals.change_task"], "reopen": ["deals.change_task"]}

    @extend_schema(
        summary="Complete a task",
        description="A task that is done already stays as it is.",
        request=CompleteSerializer,
        responses=TaskSerializer,
    )
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        task, serializer = self._task(), CompleteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        complete_tasks(tasks=task, outcome=serializer.validated_data.get("outcome"))
        return self._shown(task)

    @extend_schema(summary="Open a task again", request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        task = self._task()
        reopen_tasks(tasks=task)
        return self._shown(task)

    def _task(self) -> Task:
        task: Task = self.get_object()
        return task

    def _shown(self, task: Any) -> Response:
        task.refresh_from_db()
        return Response(TaskSerializer(task).data)


@extend_schema_view(
    list=extend_schema(summary="Task types, newest first"),
    retrieve=extend_schema(summary="One task type"),
    create=extend_schema(summary="Make a task type"),
    partial_update=extend_schema(summary="Change a task type"),
    destroy=extend_schema(summary="Delete a task type; 409 while tasks have it"),
)
class TaskTypeViewSet(RecordViewSet):
    queryset = TaskType.objects.all()
    serializer_class = TaskTypeSerializer
    filterset_class = LabelFilter


class TaskOutcomeFilter(django_filters.FilterSet):
    type = one_of(TaskType, gettext_lazy("There is no task type %(value)s."))

    class Meta:
        model = TaskOutcome
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Task outcomes, newest first"),
    retrieve=extend_schema(summary="One task outcome"),
    create=extend_schema(summary="Make a task outcome; without a type it suits every task"),
    partial_update=extend_schema(summary="Change a task outcome"),
    destroy=extend_schema(summary="Delete a task outcome; tasks that ended so lose it"),
)
class TaskOutcomeViewSet(RecordViewSet):
    queryset = TaskOutcome.objects.all()
    serializer_class = TaskOutcomeSerializer
    filterset_class = TaskOutcomeFilter
