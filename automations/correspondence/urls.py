"""Pages of personal e-mails, under /personal/."""

from django.urls import path

from . import mailboxes, pages

app_name = "personal"
urlpatterns = [
    path("write/", pages.write, name="write"),
    path("write/preview/", pages.show_preview, name="preview"),
    path("thread/<int:pk>/", pages.thread, name="thread"),
    path("thread/<int:pk>/sentiment/", pages.correct_sentiment, name="sentiment"),
    path("mailboxes/", mailboxes.own_mailboxes, name="mailboxes"),
    path("mailboxes/new/", mailboxes.connect, name="connect"),
    path("mailboxes/<int:pk>/", mailboxes.change, name="mailbox"),
    path("mailboxes/<int:pk>/read/", mailboxes.read_now, name="read"),
    path("mailboxes/<int:pk>/delete/", mailboxes.delete, name="delete"),
]
