"""Who may do what: Django's model permissions, for reading too."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

VERBS = {
    "GET": "view",
    "HEAD": "view",
    "OPTIONS": "view",
    "POST": "add",
    "PUT": "change",
    "PATCH": "change",
    "DELETE": "delete",
}


class ModelPermissions(BasePermission):
    """The permission of the view's model that fits the method: view, add, change or delete.

    A view's `action_permissions` names others for an action: `{"tags": ["contacts.change_contact"]}`;
    an empty list asks only for a log-in.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        return request.user.has_perms(required_permissions(view, request.method or "GET"))


def required_permissions(view: Any, method: str) -> Sequence[str]:
    own = getattr(view, "action_permissions", {})
    action = getattr(view, "action", method)
    if action is None:
        return []  # the view has no such method, which is the answer
    if action == "metadata" and "list" in own:
        action = "list"
    if action in own:
        return list(own[action])
    model = _model(view)
    return [] if model is None else [f"{model._meta.app_label}.{VERBS[method]}_{model._meta.model_name}"]


def _model(view: Any) -> type[Model] | None:
    """None for the API's own pages (root, schema), which show nothing of the data."""
    if getattr(view, "queryset", None) is not None:
        return view.queryset.model  # type: ignore[no-any-return]  # a view of any app
    if getattr(view, "_ignore_model_permissions", False):
        return None
    raise TypeError(f"{type(view).__name__} needs a queryset, action_permissions or permission_classes.")
