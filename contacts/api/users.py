"""/users/: who can own contacts. /token/: the caller's own token."""

from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.authtoken.models import Token
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.services.tokens import revoke_token, rotate_token

from .base import ApiView, ReadOnlyViewSet

User = get_user_model()


class UserSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="get_full_name")

    class Meta:
        model = User
        fields = ["id", "username", "name"]


class UserFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(
        field_name="username", lookup_expr="icontains", help_text="A part of the user name."
    )

    class Meta:
        model = User
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Users who can own contacts"), retrieve=extend_schema(summary="One user")
)
class UserViewSet(ReadOnlyViewSet):
    queryset = User._default_manager.filter(is_active=True)
    serializer_class = UserSerializer
    filterset_class = UserFilter
    action_permissions = {"list": ["contacts.view_contact"], "retrieve": ["contacts.view_contact"]}


class TokenStateSerializer(serializers.Serializer):
    exists = serializers.BooleanField()
    created_at = serializers.DateTimeField(allow_null=True)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(help_text="Shown only now. Send it as `Authorization: Token ...`.")
    created_at = serializers.DateTimeField(source="created")


class TokenView(ApiView):
    permission_classes = [IsAuthenticated]

    @extend_schema(summary="Whether you have a token", responses=TokenStateSerializer)
    def get(self, request: Request) -> Response:
        token = _token_of(request.user)
        return Response({"exists": token is not None, "created_at": token.created if token else None})

    @extend_schema(
        summary="Get a new token; the old one stops working", request=None, responses={201: TokenSerializer}
    )
    def post(self, request: Request) -> Response:
        token = rotate_token(user=request.user)
        data: Any = {"token": token.key, "created_at": token.created}
        return Response(data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Take your token away", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        revoke_token(user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _token_of(user: Any) -> Token | None:
    return Token.objects.filter(user=user).first()
