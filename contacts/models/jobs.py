"""Work on many contacts that runs in the worker, with its progress."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.origin import Source

from .base import Timestamped


class JobStatus(models.TextChoices):
    DRAFT = "draft", _("being prepared")
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class Job(Timestamped):
    """`processed` counts what is committed: after a crash the job goes on from there."""

    status = models.CharField(_("status"), max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    total = models.PositiveIntegerField(_("total"), default=0)
    processed = models.PositiveIntegerField(_("processed"), default=0)
    error = models.TextField(_("error"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_working(self) -> bool:
        return self.status in (JobStatus.QUEUED, JobStatus.RUNNING)

    @property
    def files_removed(self) -> bool:
        """Whether its files were removed after FILE_RETENTION_DAYS; the job itself stays."""
        return False

    @property
    def percent(self) -> int:
        return min(100, self.processed * 100 // self.total) if self.total else 0


class ImportJob(Job):
    """A CSV file on its way into the contacts."""

    file = models.FileField(_("file"), upload_to="imports/%Y/%m/")
    encoding = models.CharField(max_length=20, default="utf-8-sig")
    delimiter = models.CharField(max_length=1, default=",")
    # {"column header": "email" | "first_name" | custom field key | "tags" | "" (left out)}
    mapping = models.JSONField(_("columns"), default=dict)
    # {"lists": [ids], "tags": [ids], "update_existing": bool, "resubscribe": bool,
    #  "create_tags": bool, "clear_empty": bool}; see services.imports.options
    options = models.JSONField(_("options"), default=dict)
    dry_run = models.BooleanField(_("dry run"), default=False)
    created_count = models.PositiveIntegerField(_("created"), default=0)
    updated_count = models.PositiveIntegerField(_("updated"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    error_count = models.PositiveIntegerField(_("errors"), default=0)
    notice_count = models.PositiveIntegerField(_("notices"), default=0)
    report = models.FileField(_("error report"), upload_to="imports/%Y/%m/", blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def files_removed(self) -> bool:
        return not self.file


class ImportIssue(models.Model):
    """A row of the error report while its import runs; moves into the report's file at the end."""

    class Level(models.TextChoices):
        ERROR = "error", _("error")
        NOTICE = "notice", _("notice")

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="issues")
    row = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=200, blank=True)
    value = models.CharField(_("value"), max_length=200, blank=True)
    message = models.CharField(_("message"), max_length=500)
    level = models.CharField(max_length=6, choices=Level, default=Level.ERROR)

    class Meta:
        verbose_name = _("import problem")
        verbose_name_plural = _("import problems")

    def __str__(self) -> str:
        return f"{self.row}: {self.message}"


class BulkJob(Job):
    """A bulk action on a selection of contacts too large for one request."""

    action = models.CharField(_("action"), max_length=40)
    params = models.JSONField(default=dict)
    # The ids, frozen when the job was made: what is added to a filter later is not touched.
    contact_ids = models.JSONField(default=list)
    source = models.CharField(_("source"), max_length=20, choices=Source, default=Source.ADMIN)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} ({self.total})"


class ExportJob(Job):
    """A CSV file of contacts that is too large to be written within a request."""

    columns = models.JSONField(_("columns"), default=list)
    contact_ids = models.JSONField(default=list)
    file = models.FileField(_("file"), upload_to="exports/%Y/%m/", blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def files_removed(self) -> bool:
        return self.status == JobStatus.DONE and not self.file
