"""What somebody has to do about a contact or a deal."""

from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from contacts.models.base import Timestamped

from .deals import Deal

#: What a new time of the reminder begins anew.
REMINDER_STATE = ("reminded_at", "reminder_claimed_at", "reminder_attempts")


class TaskType(Timestamped):
    """What kind of thing is to be done: a call, a meeting."""

    name = models.CharField(_("name"), max_length=100)
    icon = models.CharField(
        _("icon"), max_length=40, default="task_alt", help_text=_("The name of a Material symbol.")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("task type")
        verbose_name_plural = _("task types")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="task_type_name",
                violation_error_message=_("A task type with this name exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class TaskOutcome(Timestamped):
    """How a task ended. Without a type it suits the tasks of every type."""

    type = models.ForeignKey(
        TaskType,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="outcomes",
        verbose_name=_("task type"),
        help_text=_("Empty: for the tasks of every type."),
    )
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("task outcome")
        verbose_name_plural = _("task outcomes")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                "type",
                name="task_outcome_name",
                violation_error_message=_("The type has an outcome with this name already."),
            ),
            # Null equals nothing, so the one above does not see these.
            models.UniqueConstraint(
                Lower("name"),
                condition=models.Q(type=None),
                name="task_outcome_name_of_all",
                violation_error_message=_("There is an outcome with this name for every type already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def suits(self, type_id: int) -> bool:
        return self.type_id in (None, type_id)


class Task(Timestamped):
    """It is about one contact or one deal. `done_at` says that, and when, it was completed."""

    title = models.CharField(_("title"), max_length=250)
    note = models.TextField(_("note"), max_length=10_000, blank=True)
    type = models.ForeignKey(TaskType, models.PROTECT, related_name="tasks", verbose_name=_("type"))
    due_at = models.DateTimeField(_("due"))
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("assignee"),
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="tasks", verbose_name=_("contact")
    )
    deal = models.ForeignKey(
        Deal, models.CASCADE, null=True, blank=True, related_name="tasks", verbose_name=_("deal")
    )
    remind_at = models.DateTimeField(
        _("reminder"), null=True, blank=True, help_text=_("When the assignee gets an e-mail about it.")
    )
    reminded_at = models.DateTimeField(_("reminded"), null=True, editable=False)
    reminder_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    #: A worker is sending it since then; after a lease without a result it has crashed.
    reminder_claimed_at = models.DateTimeField(null=True, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("done by"),
    )
    outcome = models.ForeignKey(
        TaskOutcome, models.SET_NULL, null=True, blank=True, related_name="tasks", verbose_name=_("outcome")
    )

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["assignee", "done_at", "due_at"], name="task_mine"),
            models.Index(
                fields=["remind_at"],
                condition=models.Q(done_at=None, reminded_at=None),
                name="task_reminder_due",
            ),
            models.Index(fields=["contact", "done_at"], name="task_of_contact"),
            models.Index(fields=["deal", "done_at"], name="task_of_deal"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(contact__isnull=True) ^ models.Q(deal__isnull=True),
                name="task_about_one",
                violation_error_message=_("A task is about one contact or one deal: choose one of the two."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_overdue(self) -> bool:
        return self.done_at is None and self.due_at < timezone.now()

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any
    ) -> "Task":
        task = super().from_db(db, field_names, values, **kwargs)
        task._remember()
        return task

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, *args: Any, **kwargs: Any
    ) -> None:
        super().refresh_from_db(using, None if fields is None else list(fields), *args, **kwargs)
        self._remember()

    def _remember(self) -> None:
        names = ("done_at", "remind_at")
        self._loaded = {name: self.__dict__[name] for name in names if name in self.__dict__}

    def clean(self) -> None:
        if self.outcome_id and self.type_id and self.outcome and not self.outcome.suits(self.type_id):
            raise ValidationError({"outcome": _("This outcome belongs to another type of task.")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a task that is done by it is announced as completed. A new reminder is due again."""
        from deals.services.changes import task_saved

        before = {} if self._state.adding else dict(self._loaded)
        if before.get("remind_at", self.remind_at) != self.remind_at:
            self.reminded_at, self.reminder_claimed_at, self.reminder_attempts = None, None, 0
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], *REMINDER_STATE}
        with transaction.atomic():
            super().save(*args, **kwargs)
            if self.done_at is not None and before.get("done_at") is None:
                task_saved(task=self)
        self._remember()
