"""/account/: the installation's plan, add-ons and time zone."""

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.availability import AddOn
from automations.models import Account
from automations.services import update_account
from contacts.api.base import ApiView
from contacts.api.strict import StrictModelSerializer


@extend_schema_serializer(component_name="AccountPlan")
class AccountSerializer(StrictModelSerializer):
    addons = serializers.ListField(
        child=serializers.ChoiceField(choices=AddOn.choices), required=False, max_length=len(AddOn)
    )

    class Meta:
        model = Account
        fields = ["plan", "addons", "time_zone"]
        extra_kwargs = {"time_zone": {"help_text": "A name such as Europe/Paris; empty: the server's."}}


class AccountView(ApiView):
    """Managers change it; everybody who may look at automations sees it."""

    queryset = Account.objects.all()

    @extend_schema(summary="The account's settings", responses=AccountSerializer)
    def get(self, request: Request) -> Response:
        return Response(AccountSerializer(Account.current()).data)

    @extend_schema(
        summary="Change the account's settings",
        description="Triggers that the new plan lacks start nobody from now on.",
        request=AccountSerializer(partial=True),
        responses=AccountSerializer,
    )
    def patch(self, request: Request) -> Response:
        serializer = AccountSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return Response(AccountSerializer(update_account(values=serializer.validated_data)).data)
