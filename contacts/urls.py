"""Pages that contacts see."""

from django.urls import path

from contacts.public import unsubscribe

app_name = "contacts"
urlpatterns = [
    path("u/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("p/<str:token>/", unsubscribe.preferences, name="preferences"),
]
