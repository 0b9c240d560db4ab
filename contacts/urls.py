"""Pages that contacts see."""

from django.urls import path

from contacts.public.forms import confirm, form_page, script
from contacts.public.preferences import preferences
from contacts.public.unsubscribe import unsubscribe

app_name = "contacts"
urlpatterns = [
    path("f/confirm/<str:token>/", confirm, name="form_confirm"),
    path("f/<str:token>/", form_page, name="form"),
    path("f/<str:token>/embed.js", script, name="form_script"),
    path("u/<str:token>/", unsubscribe, name="unsubscribe"),
    path("p/<str:token>/", preferences, name="preferences"),
]
