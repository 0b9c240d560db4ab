"""Pages that contacts see."""

from django.urls import path

from contacts.public.preferences import preferences
from contacts.public.unsubscribe import unsubscribe

app_name = "contacts"
urlpatterns = [
    path("u/<str:token>/", unsubscribe, name="unsubscribe"),
    path("p/<str:token>/", preferences, name="preferences"),
]
