"""Site messages: what is shown on a site, to whom, and what became of it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.pages import MAX_URL, clean_url

from .base import Fact, Timestamped
from .contact import Contact


class Position(models.TextChoices):
    CORNER = "corner", _("corner")
    TOP = "top", _("bar at the top")
    BOTTOM = "bottom", _("bar at the bottom")
    CENTRE = "centre", _("middle of the page")


class SiteMessage(Timestamped):
    """Shown by the tracking script to the contacts whom an automation chose."""

    title = models.CharField(_("title"), max_length=120)
    html = models.TextField(
        _("text"), max_length=5_000, blank=True,
        help_text=_("HTML: paragraphs, lists, links, images, bold and italic; the rest is taken out."),
    )  # fmt: skip
    button_text = models.CharField(_("text of the button"), max_length=60, blank=True)
    button_url = models.CharField(_("the button leads to"), max_length=MAX_URL, blank=True)
    position = models.CharField(_("position"), max_length=8, choices=Position, default=Position.CORNER)
    ends_at = models.DateTimeField(
        _("shown until"), null=True, blank=True, help_text=_("Empty: until each contact has closed it.")
    )

    class Meta:
        verbose_name = _("site message")
        verbose_name_plural = _("site messages")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if bool(self.button_text) != bool(self.button_url):
            field = "button_url" if self.button_text else "button_text"
            raise ValidationError({field: _("A button needs both a text and an address.")})
        if self.button_url:
            try:
                self.button_url = clean_url(self.button_url)
            except ValidationError as error:
                raise ValidationError({"button_url": error}) from None


class SiteMessageTarget(models.Model):
    """A contact who is to see a message, until it is closed or clicked."""

    message = models.ForeignKey(SiteMessage, models.CASCADE, related_name="targets", verbose_name=_("message"))
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="site_messages", verbose_name=_("contact"), db_index=False
    )
    chosen_at = models.DateTimeField(_("chosen"), default=timezone.now)
    views = models.PositiveIntegerField(_("views"), default=0)
    done_at = models.DateTimeField(_("closed or clicked"), null=True, blank=True)

    class Meta:
        verbose_name = _("contact of a site message")
        verbose_name_plural = _("contacts of site messages")
        constraints = [models.UniqueConstraint(fields=["contact", "message"], name="site_message_target")]

    def __str__(self) -> str:
        return f"{self.message} → {self.contact}"


class SiteMessageAction(models.TextChoices):
    SHOWN = "shown", _("seen")
    DISMISSED = "dismissed", _("closed")
    CLICKED = "clicked", _("clicked")


class SiteMessageFact(Fact):
    """A contact saw, closed or clicked a message. `view`: at which view of it, counted from 1."""

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="site_message_facts", verbose_name=_("contact"), db_index=False
    )
    message = models.ForeignKey(
        SiteMessage, models.CASCADE, related_name="facts", verbose_name=_("message"), db_index=False
    )
    action = models.CharField(_("action"), max_length=10, choices=SiteMessageAction)
    view = models.PositiveIntegerField(_("view"), default=1)

    class Meta:
        verbose_name = _("site message fact")
        verbose_name_plural = _("site message facts")
        indexes = [
            models.Index(fields=["contact", "at"], name="site_message_timeline"),
            models.Index(fields=["message", "action", "contact"], name="site_message_action"),
        ]

    def __str__(self) -> str:
        return f"{self.message}: {self.get_action_display()}"
