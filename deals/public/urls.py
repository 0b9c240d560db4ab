"""What needs no log-in: the files of personal e-mails."""

from django.urls import path

from .attachments import attachment_page

app_name = "files"
urlpatterns = [path("<str:token>/", attachment_page, name="attachment")]
