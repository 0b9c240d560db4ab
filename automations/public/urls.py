"""Pages that an e-mail's own links lead to."""

from django.urls import path

from .forward import forward
from .sharing import public_version, share, web_version

app_name = "mail"
urlpatterns = [
    path("s/<slug:network>/<str:token>/", share, name="share"),
    path("v/<str:token>/", web_version, name="web-version"),
    path("w/<str:token>/", public_version, name="public-version"),
    path("f/<str:token>/", forward, name="forward"),
]
