from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/", include("config.api")),
    path("automations/", include("automations.urls")),
    path("automations/", include("automations.builder.urls")),
    path("campaigns/", include("automations.campaigns.urls")),
    path("", include("contacts.urls")),
]
handler500 = "contacts.api.errors.server_error"
