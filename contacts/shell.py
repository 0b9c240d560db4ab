"""Pages of our own within the admin's frame: who may see them, and how they are drawn."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

View = Callable[..., HttpResponse]


def may(permission: str, *methods: str) -> Callable[[View], View]:
    """Log-in, permission and allowed methods."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_login(request)
            if not request.user.has_perm(permission):
                raise PermissionDenied
            if request.method not in methods:
                return HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def _to_login(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # A fragment must not be replaced by a log-in page: the whole page goes there.
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("admin:login")})
    return redirect_to_login(request.get_full_path())


def full_page(request: HttpRequest, template: str, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
    """A page in the admin's shell."""
    return render(request, template, {**admin.site.each_context(request), **context}, **kwargs)
