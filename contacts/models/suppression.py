from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.values import address_hash, fold_email

from .base import Timestamped


class Suppression(Timestamped):
    """An address that no e-mail may go to. Kept as a hash alone once the person was erased."""

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("hard bounce")
        COMPLAINED = "complained", _("spam complaint")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed from everything")
        MANUAL = "manual", _("added by hand")

    address = models.EmailField(_("address"), blank=True)
    address_hash = models.CharField(max_length=64, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, default=Reason.MANUAL)
    detail = models.CharField(_("detail"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.address or self.address_hash[:12]

    def save(self, *args: object, **kwargs: object) -> None:
        if self.address:
            self.address = fold_email(self.address)
            self.address_hash = address_hash(self.address)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed through as given
