"""What needs no log-in: pages that contacts see, and the addresses that events are sent to."""

from django.urls import path

from contacts.public.apps import app_delivery
from contacts.public.engagement import click, pixel
from contacts.public.events import track_event
from contacts.public.forms import confirm, form_page, script
from contacts.public.postmark import postmark_webhook
from contacts.public.preferences import preferences
from contacts.public.providers import provider_webhook
from contacts.public.site import identify, message, message_script, site_script, track_visit
from contacts.public.unsubscribe import unsubscribe

app_name = "contacts"
urlpatterns = [
    path("apps/<slug:app>/<str:public_id>/", app_delivery, name="app"),
    path("apps/<slug:app>/<str:public_id>/<str:secret>/", app_delivery),
    path("f/confirm/<str:token>/", confirm, name="form_confirm"),
    path("f/<str:token>/", form_page, name="form"),
    path("f/<str:token>/embed.js", script, name="form_script"),
    path("track/event/", track_event, name="track_event"),
    path("o/<str:token>.gif", pixel, name="pixel"),
    path("c/<str:token>/", click, name="click"),
    path("mail/<str:secret>/<path:hook>", provider_webhook, name="provider_webhook"),
    path("postmark/<int:pk>/<str:key>/", postmark_webhook, name="postmark_webhook"),
    path("track/site.js", site_script, name="site_script"),
    path("track/message.js", message_script, name="message_script"),
    path("track/message/", message, name="site_message"),
    path("track/visit/", track_visit, name="track_visit"),
    path("track/identify/", identify, name="identify"),
    path("u/<str:token>/", unsubscribe, name="unsubscribe"),
    path("p/<str:token>/", preferences, name="preferences"),
]
