from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import APIRootView

from .base import ApiView


class RootView(APIRootView):
    """The API's endpoints."""

    permission_classes = [IsAuthenticated]


@extend_schema(exclude=True)
class NotFoundView(ApiView):
    """Addresses under the API that don't exist answer in the API's shape."""

    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise NotFound(_("There is no such address. Addresses end with a slash: /api/v1/contacts/."))

    def get(self, request: Request) -> Response:
        raise NotFound
