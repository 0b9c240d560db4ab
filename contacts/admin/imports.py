"""Imports: upload, columns, dry run, run, report."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold import widgets
from unfold.decorators import display

from contacts.models import ImportJob, List, Tag
from contacts.models.jobs import JobStatus
from contacts.services import leases
from contacts.services.imports import create_import, import_preview, import_targets, start_import
from contacts.services.imports.report import first_problems

from .base import messages_of
from .jobs import JobAdmin


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("CSV file"), widget=widgets.UnfoldAdminFileFieldWidget())


class OptionsForm(forms.Form):
    """What an import does beside writing fields; the same names as ImportOptions."""

    lists = forms.ModelMultipleChoiceField(
        List.objects.all(), required=False, label=gettext_lazy("Subscribe to lists"),
        widget=widgets.UnfoldAdminSelect2MultipleWidget(),
    )  # fmt: skip
    tags = forms.ModelMultipleChoiceField(
        Tag.objects.all(), required=False, label=gettext_lazy("Add tags"),
        widget=widgets.UnfoldAdminSelect2MultipleWidget(),
    )  # fmt: skip
    update_existing = forms.BooleanField(
        required=False, label=gettext_lazy("Overwrite fields of contacts who exist already"),
        help_text=gettext_lazy("Lists and tags are applied to them either way."),
        widget=widgets.UnfoldBooleanSwitchWidget(),
    )  # fmt: skip
    clear_empty = forms.BooleanField(
        required=False, label=gettext_lazy("An empty cell empties the field"),
        widget=widgets.UnfoldBooleanSwitchWidget(),
    )  # fmt: skip
    create_tags = forms.BooleanField(
        required=False, label=gettext_lazy("Make tags that do not exist yet"),
        widget=widgets.UnfoldBooleanSwitchWidget(),
    )  # fmt: skip
    resubscribe = forms.BooleanField(
        required=False, label=gettext_lazy("Subscribe again those who unsubscribed or bounced"),
        help_text=gettext_lazy("Only where they asked for it: a refusal is binding in most countries."),
        widget=widgets.UnfoldBooleanSwitchWidget(),
    )  # fmt: skip

    def options(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        for name in ("lists", "tags"):
            data[name] = [record.pk for record in data[name]]
        return data


@admin.register(ImportJob)
class ImportJobAdmin(JobAdmin):
    list_display = [
        "file_name",
        "status_label",
        "kind",
        "progress",
        "error_count",
        "created_by",
        "created_at",
    ]
    page_template = "admin/contacts/import.html"
    status_template = "admin/contacts/import_status.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("contacts.add_importjob"))

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:object_id>/report/", wrap(self.report_view), name=self._name("report")),
            path("<int:object_id>/stop/", wrap(self.stop_view), name=self._name("stop")),
        ]
        return own + super().get_urls()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                job = create_import(file=form.cleaned_data["file"], user_id=request.user.pk)
            except ValidationError as error:
                form.add_error("file", messages_of(error))
            else:
                return self.to_change(job.pk)
        context = self.page(
            request, title=_("Import contacts"), form=form,
            megabytes=settings.IMPORT_MAX_BYTES // 1_048_576, max_rows=settings.IMPORT_MAX_ROWS,
        )  # fmt: skip
        return TemplateResponse(request, "admin/contacts/import_upload.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        job = self.visible(request, object_id)
        if job is None:
            return self.to_list()
        editable = self.has_add_permission(request) and self._editable(job)
        if editable and (job.status == JobStatus.DRAFT or request.method == "POST" or "edit" in request.GET):
            return self._columns_page(request, job)
        return TemplateResponse(request, self.page_template, self.page(request, **self.job_context(request, job)))

    def _editable(self, job: ImportJob) -> bool:
        finished = job.status == JobStatus.DONE and not job.dry_run
        return not finished and not job.files_removed and job.status not in (JobStatus.QUEUED, JobStatus.RUNNING)

    def _columns_page(self, request: HttpRequest, job: ImportJob) -> HttpResponse:
        """The columns and options; "run" on a tried import needs none of them again."""
        if request.method == "POST" and request.POST.get("do") == "run" and "columns" not in request.POST:
            return self._start(request, job, mapping=None, options=None, dry_run=False)
        try:
            preview = import_preview(job=job)
        except (ValidationError, OSError):
            self.message_user(request, _("The file of this import is gone. Upload it again."), messages.ERROR)
            return self.to_list()
        form = OptionsForm(request.POST or None, initial=job.options)
        mapping = {
            header: request.POST.get(f"column_{n}", job.mapping.get(header, ""))
            for n, header in enumerate(preview.headers)
        }
        if request.method == "POST" and form.is_valid():
            dry_run = request.POST.get("do") != "run"
            return self._start(request, job, mapping=mapping, options=form.options(), dry_run=dry_run)
        columns = [
            {
                "name": f"column_{n}",
                "header": header,
                "target": mapping[header],
                "cells": [row[n] for row in preview.rows if row[n]][:3],
            }
            for n, header in enumerate(preview.headers)
        ]
        context = self.page(
            request, title=_("Columns and options"), job=job, original=job, form=form, columns=columns,
            targets=import_targets(), notices=preview.notices,
        )  # fmt: skip
        return TemplateResponse(request, "admin/contacts/import_columns.html", context)

    def _start(self, request: HttpRequest, job: ImportJob, **how: Any) -> HttpResponse:
        try:
            start_import(job=job, **how)
        except ValidationError as error:
            self.tell(request, error)
            if how["mapping"] is not None:  # keep what was chosen, so that only the mistake is to be mended
                ImportJob.objects.filter(pk=job.pk).update(mapping=how["mapping"], options=how["options"])
            response = self.to_change(job.pk)
            response["Location"] += "?edit=1"
            return response
        return self.to_change(job.pk)

    def job_context(self, request: HttpRequest, job: Any) -> dict[str, Any]:
        done = job.status == JobStatus.DONE
        return {
            **super().job_context(request, job),
            "title": _("Dry run") if job.dry_run else _("Import"),
            "file_name": self.file_name(job),
            "problems": first_problems(job=job) if done else [],
            "report_url": self.url("report", job.pk) if job.report else "",
            "stop_url": self.url("stop", job.pk),
            "may_run": self.has_add_permission(request) and self._editable(job),
            "may_stop": self.has_add_permission(request),
            "edit_url": self.url("change", job.pk) + "?edit=1",
            "list_url": self.url("changelist"),
        }

    def report_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        job = self.visible(request, object_id)
        if job is None or not job.report:
            return self.to_list()
        return FileResponse(job.report.open("rb"), as_attachment=True, content_type="text/csv; charset=utf-8")  # type: ignore[return-value]  # a response like any other

    def stop_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        job = self.visible(request, object_id)
        if job is None:
            return self.to_list()
        if request.method == "POST" and job.status in (JobStatus.QUEUED, JobStatus.RUNNING):
            leases.fail(job=job, error=_("Stopped by %s. What was done before stays.") % request.user)
        return self.to_change(job.pk)

    @display(description=gettext_lazy("file"))
    def file_name(self, job: ImportJob) -> str:
        return str(job.file.name).rpartition("/")[2] or _("(file removed)")

    @display(description=gettext_lazy("kind"))
    def kind(self, job: ImportJob) -> str:
        return _("dry run") if job.dry_run else _("import")
