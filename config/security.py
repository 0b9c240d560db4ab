"""The content security policy of each page."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: The admin's theme uses Alpine, which compiles the expressions in its attributes. Scripts in pages don't run.
SHELL = ("/admin/", "/automations/", "/campaigns/", "/deals/", "/health/", "/personal/")


class PolicyMiddleware(CSPMiddleware):
    """A policy that a view has set itself stays as it is."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(SHELL):
            parts.update = {**(parts.update or {}), "script-src": ["'unsafe-eval'"]}
        return parts
