from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path


def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """What browsers ask for where a page names no icon. Temporary: the file's name changes with its content."""
    return HttpResponseRedirect(static("contacts/favicon.svg"))


urlpatterns: list[URLPattern | URLResolver] = [
    path("favicon.ico", favicon),
    path("admin/", admin.site.urls),
    path("api/", include("config.api")),
    path("automations/", include("automations.urls")),
    path("automations/", include("automations.builder.urls")),
    path("health/", include("automations.health.urls")),
    path("campaigns/", include("automations.campaigns.urls")),
    path("a/", include("deals.public.urls")),
    path("personal/", include("automations.correspondence.urls")),
    path("deals/", include("deals.pages.urls")),
    path("m/", include("automations.public.urls")),
    path("", include("ecommerce.urls")),
    path("", include("contacts.urls")),
]
handler500 = "contacts.api.errors.server_error"
