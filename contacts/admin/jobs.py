"""Bulk actions and exports that run in the worker, with their progress."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from contacts.bulk_actions import bulk_actions
from contacts.models import BulkJob, ExportJob
from contacts.models.jobs import Job, JobStatus

from .base import BaseAdmin, ShownOnly

STATUS_COLOURS = {
    JobStatus.DRAFT: "info",
    JobStatus.QUEUED: "info",
    JobStatus.RUNNING: "warning",
    JobStatus.DONE: "success",
    JobStatus.FAILED: "danger",
}


class JobAdmin(ShownOnly, BaseAdmin):
    """A job is looked at, not edited: its page shows how far it is and renews itself."""

    list_filter = [("status", ChoicesDropdownFilter)]
    list_select_related = ["created_by"]
    page_template = "admin/contacts/job.html"
    status_template = "admin/contacts/job_status.html"

    def get_urls(self) -> Any:
        own = [
            path(
                "<int:object_id>/status/",
                self.admin_site.admin_view(self.status_view),
                name=self._name("status"),
            ),
            path("<int:object_id>/file/", self.admin_site.admin_view(self.file_view), name=self._name("file")),
        ]
        return own + super().get_urls()

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def visible(self, request: HttpRequest, object_id: Any) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.found(request, str(object_id))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        job = self.visible(request, object_id)
        if job is None:
            return self.to_list()
        return TemplateResponse(request, self.page_template, self.page(request, **self.job_context(request, job)))

    def status_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        job = self.visible(request, object_id)
        if job is None:
            return HttpResponse(status=404)
        return TemplateResponse(request, self.status_template, self.job_context(request, job))

    def job_context(self, request: HttpRequest, job: Any) -> dict[str, Any]:
        return {
            "title": str(job),
            "retention_days": settings.FILE_RETENTION_DAYS,
            "job": job,
            "original": job,
            "working": job.status in (JobStatus.QUEUED, JobStatus.RUNNING),
            "status_url": self.url("status", job.pk),
            "file_url": self.url("file", job.pk) if getattr(job, "file", None) else "",
        }

    def file_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        job = self.visible(request, object_id)
        file = getattr(job, "file", None)
        if not file:
            return self.to_list()
        return FileResponse(file.open("rb"), as_attachment=True, content_type="text/csv; charset=utf-8")  # type: ignore[return-value]  # a response like any other

    @display(description=_("status"), label=STATUS_COLOURS)
    def status_label(self, job: Job) -> tuple[str, str]:
        return job.status, job.get_status_display()

    @display(description=_("progress"))
    def progress(self, job: Job) -> str:
        return format_html(
            '<progress class="c-progress" max="100" value="{}"></progress> '
            '<span class="c-figure">{} / {}</span>',
            job.percent, job.processed, job.total,
        )  # fmt: skip


@admin.register(BulkJob)
class BulkJobAdmin(JobAdmin):
    list_display = ["__str__", "action_label", "status_label", "progress", "created_by", "created_at"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("contact_ids")

    def job_context(self, request: HttpRequest, job: Any) -> dict[str, Any]:
        return {**super().job_context(request, job), "title": self.action_label(job)}

    @display(description=_("action"))
    def action_label(self, job: BulkJob) -> str:
        action = bulk_actions().get(job.action)
        return str(action.label) if action else job.action


@admin.register(ExportJob)
class ExportJobAdmin(JobAdmin):
    list_display = ["__str__", "status_label", "progress", "created_by", "created_at"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("contact_ids")
