"""Automations, their published versions, and the revisions of their drafts."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Conversion, List
from contacts.models.base import Timestamped

from .snapshots import SnapshotField


class EntryPolicy(models.TextChoices):
    NOT_INSIDE = "not_inside", _("only when not already inside")
    ONCE = "once", _("only once ever")
    ANY = "any", _("any number of times, even in parallel")


class Automation(Timestamped):
    """A draft (polymorphic triggers and steps), a published version of it, and whether it is at work.

    What runs is always `version`; the trigger and step rows are the draft that people edit.
    """

    class Clock(models.TextChoices):
        RUN = "run", _("waits run on while it is inactive")
        FREEZE = "freeze", _("waits stand still while it is inactive")

    name = models.CharField(_("name"), max_length=150)
    description = models.CharField(_("description"), max_length=250, blank=True)
    is_active = models.BooleanField(_("active"), default=False)
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True, editable=False)
    deactivated_at = models.DateTimeField(_("deactivated"), null=True, blank=True, editable=False)
    version = models.ForeignKey(
        "automations.Version",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("published version"),
    )
    # Position in the draft's revisions; undo and redo move it.
    revision = models.PositiveIntegerField(default=0, editable=False)
    published_revision = models.PositiveIntegerField(null=True, editable=False)
    entry_policy = models.CharField(
        _("a contact can enter"), max_length=12, choices=EntryPolicy, default=EntryPolicy.NOT_INSIDE
    )
    lists: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        List,
        blank=True,
        verbose_name=_("lists"),
        related_name="automations",
        help_text=_("Unsubscribing from one of this automation's e-mails removes the contact from these lists."),
    )
    exit_on_unsubscribe = models.BooleanField(_("leave on unsubscribe"), default=False)
    exit_conversion = models.ForeignKey(
        Conversion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("leave on the conversion"),
    )
    clock = models.CharField(_("clock"), max_length=8, choices=Clock, default=Clock.RUN)
    breaker_at = models.DateTimeField(_("stopped by the circuit breaker"), null=True, blank=True, editable=False)
    breaker_reason = models.CharField(max_length=250, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("automation")
        verbose_name_plural = _("automations")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def has_unpublished_changes(self) -> bool:
        return self.published_revision != self.revision

    @property
    def state_label(self) -> str:
        if self.version is None:
            return str(_("draft"))
        number = self.version.number
        if not self.is_active:
            return str(_("inactive, v%s") % number)
        if self.has_unpublished_changes:
            return str(_("active, unpublished changes"))
        return str(_("active v%s") % number)


class Snapshot(models.Model):
    """The whole of a draft as JSON: {"schema": 1, "triggers": [...], "steps": [...]}."""

    snapshot = SnapshotField()
    created_at = models.DateTimeField(_("at"), default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True


class Version(Snapshot):
    """A published draft, frozen. Runs, and is never changed."""

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("number"))

    class Meta:
        verbose_name = _("version")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["automation", "number"], name="version_number")]

    def __str__(self) -> str:
        return f"v{self.number}"


class Revision(Snapshot):
    """The draft after one edit. Undo, redo and history come from here."""

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("number"))
    label = models.CharField(_("what was done"), max_length=150)

    class Meta:
        verbose_name = _("revision")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["automation", "number"], name="revision_number")]

    def __str__(self) -> str:
        return self.label


class Usage(models.Model):
    """A record that an automation's draft or published version uses; it can't be deleted meanwhile."""

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="usages")
    published = models.BooleanField()
    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("usage")
        indexes = [models.Index(fields=["model", "object_id"], name="usage_lookup")]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}"


class IndexVersion(models.Model):
    """One row whose token changes with what is active, so that every process rebuilds its trigger index.

    A random token, not a number: one that was rolled back can never come again with other content.
    """

    token = models.CharField(max_length=20)

    class Meta:
        verbose_name = _("index version")

    def __str__(self) -> str:
        return self.token
