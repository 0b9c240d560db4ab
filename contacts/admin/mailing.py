"""Postmark servers with their set-up, and the answers to e-mails."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from contacts.models import EmailReply, PostmarkServer
from contacts.services.postmark import postmark_address, save_postmark_server

from .base import BaseAdmin, ShownOnly, styled


class PostmarkServerForm(forms.ModelForm):
    new_token = forms.CharField(
        label=gettext_lazy("Server API token"), required=False, strip=True, max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    new_key = forms.BooleanField(
        label=gettext_lazy("New webhook address"), required=False,
        help_text=gettext_lazy("The address of now stops working; give Postmark the new one."),
    )  # fmt: skip

    class Meta:
        model = PostmarkServer
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_token" in self.fields:
            self.fields["new_token"].help_text = (
                _("One is stored; it is not shown again. Fill this in to replace it.")
                if self.instance.token
                else _("From the server's “API Tokens” tab: for reading the subjects of e-mails that were opened.")
            )
            styled(self)

    def clean_new_token(self) -> str:
        token = str(self.cleaned_data["new_token"])
        if token and (not token.isascii() or not token.isprintable() or " " in token):
            raise ValidationError(_("The token has characters that no token has; copy it again."))
        return token


@admin.register(PostmarkServer)
class PostmarkServerAdmin(BaseAdmin):
    form = PostmarkServerForm
    list_display = ["name", "stream_names", "last_at", "unknown_contacts"]
    search_fields = ["name"]
    readonly_fields = ["stream_names", "last_at", "unknown_contacts"]
    change_form_outer_before_template = "admin/contacts/postmark_setup.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        seen = ["stream_names", "last_at", "unknown_contacts"] if obj else []
        if not self.has_change_permission(request):
            return ["name", *seen]
        return ["name", "new_token", *(["new_key"] if obj else []), *seen]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        server = kwargs.get("obj")
        if server is not None and self.has_change_permission(request):
            context |= {"webhook_address": postmark_address(server=server)}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: PostmarkServer, form: Any, change: bool) -> None:
        given = form.cleaned_data
        save_postmark_server(
            server=obj,
            name=given["name"],
            token=given.get("new_token", ""),
            new_key=bool(change and given.get("new_key")),
        )

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """To its page: the address stands there."""
        super().response_add(request, obj, post_url_continue)
        return self.to_change(obj.pk)

    @display(description=gettext_lazy("message streams"))
    def stream_names(self, server: PostmarkServer) -> str:
        return ", ".join(server.streams) or "–"


@admin.register(EmailReply)
class EmailReplyAdmin(ShownOnly, BaseAdmin):
    """To be looked at; what people wrote may be deleted."""

    list_display = ["subject", "contact", "sender", "email", "at", "forward_to"]
    list_select_related = ["contact", "email"]
    search_fields = ["contact__email", "sender", "subject"]
    ordering = ["-id"]
    fields = ["subject", "contact", "sender", "email", "at", "text", "forward_to", "forwarded_at"]
