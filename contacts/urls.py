"""What needs no log-in: pages that contacts see, and the addresses that events are sent to."""

from django.urls import path

from contacts.public.events import track_event
from contacts.public.preferences import preferences
from contacts.public.site import identify, message, message_script, script, track_visit
from contacts.public.unsubscribe import unsubscribe

app_name = "contacts"
urlpatterns = [
    path("track/event/", track_event, name="track_event"),
    path("track/site.js", script, name="site_script"),
    path("track/message.js", message_script, name="message_script"),
    path("track/message/", message, name="site_message"),
    path("track/visit/", track_visit, name="track_visit"),
    path("track/identify/", identify, name="identify"),
    path("u/<str:token>/", unsubscribe, name="unsubscribe"),
    path("p/<str:token>/", preferences, name="preferences"),
]
