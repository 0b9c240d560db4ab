"""Site tracking: whose pages may report visits, who visited, and which pages."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.pages import MAX_PAGE, MAX_URL, page_of

from .base import Fact, Timestamped
from .contact import Contact

MAX_TITLE = 300
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")


def clean_domain(value: str) -> str:
    """The host of what was given, in ASCII and lower case without a port; ValidationError if there is none."""
    text = value.strip().lower().partition("://")[2] or value.strip().lower()
    host = text.split("/", 1)[0].partition(":")[0].rstrip(".")
    try:
        domain = host.encode("idna").decode()
    except UnicodeError:
        domain = ""
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        raise ValidationError(_("Give a domain such as example.com, without path or port."), code="domain")
    return domain


class TrackedDomain(Timestamped):
    """A domain whose pages may report visits."""

    domain = models.CharField(
        _("domain"), max_length=253, unique=True,
        help_text=_("Such as example.com."),
        error_messages={"unique": _("This domain is on the list already.")},
    )  # fmt: skip
    subdomains = models.BooleanField(
        _("with subdomains"), default=True, help_text=_("Also www.example.com, shop.example.com and so on.")
    )

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["domain"]

    def __str__(self) -> str:
        return self.domain

    def clean(self) -> None:
        try:
            self.domain = clean_domain(self.domain)
        except ValidationError as error:
            raise ValidationError({"domain": error}) from None


class Visitor(models.Model):
    """A browser. Its key is known to itself alone; here is the key's hash.

    `proven`: the contact was shown by a link we sent, or vouched for by the site's server, and not
    merely named by the browser. `last_seen` is exact to the hour.
    """

    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="visitors", verbose_name=_("contact")
    )
    proven = models.BooleanField(_("proven"), default=False)
    first_seen = models.DateTimeField(_("first seen"), default=timezone.now)
    last_seen = models.DateTimeField(_("last seen"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("visitor")
        verbose_name_plural = _("visitors")

    def __str__(self) -> str:
        return f"#{self.pk}"


class PageVisit(Fact):
    """A page was viewed; by whom, is known or not yet. `page` is the spelling that conditions ask for."""

    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="page_visits", db_index=False,
        verbose_name=_("contact"),
    )  # fmt: skip
    # None: told by a server, not by a browser.
    visitor = models.ForeignKey(
        Visitor, models.CASCADE, null=True, blank=True, related_name="visits", verbose_name=_("visitor")
    )
    url = models.CharField(_("address"), max_length=MAX_URL)
    page = models.CharField(_("page"), max_length=MAX_PAGE, editable=False)
    title = models.CharField(_("title"), max_length=MAX_TITLE, blank=True)
    referrer = models.CharField(_("came from"), max_length=MAX_URL, blank=True)

    class Meta:
        verbose_name = _("page visit")
        verbose_name_plural = _("page visits")
        # Partial: the many visits of nobody cost two entries less.
        indexes = [
            models.Index(fields=["at"], name="page_visit_at"),
            models.Index(
                fields=["contact", "at"], name="page_visit_timeline", condition=models.Q(contact__isnull=False)
            ),
            models.Index(
                fields=["page", "at", "contact"],
                name="page_visit_page",
                condition=models.Q(contact__isnull=False),
                # For LIKE "site.com/%".
                opclasses=["varchar_pattern_ops", "timestamptz_ops", "int8_ops"],
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.page

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.page = page_of(self.url)
        super().save(*args, **kwargs)
