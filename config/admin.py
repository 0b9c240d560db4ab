"""The admin site: Unfold's, without the work for a list of all models that no page of ours shows."""

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class AdminSite(UnfoldAdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Made when it is drawn: each page's context asks for it, none of ours shows it, and with a model for each
        type of trigger and step it asks for the permissions and addresses of some 200."""
        return SimpleLazyObject(lambda: super(AdminSite, self).get_app_list(request, app_label))


class SiteConfig(AdminConfig):
    default_site = "config.admin.AdminSite"
