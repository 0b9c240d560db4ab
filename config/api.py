"""The API's router. Each app names its viewsets in `<app>.api.routes.routes`."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from automations.api.routes import routes as automations_routes
from automations.api.routes import views as automations_views
from contacts.api.root import NotFoundView, RootView
from contacts.api.routes import routes as contacts_routes
from contacts.api.routes import views as contacts_views
from contacts.api.users import TokenView
from deals.api.routes import routes as deals_routes
from ecommerce.api.routes import routes as ecommerce_routes

router = DefaultRouter()
router.APIRootView = RootView
router.include_format_suffixes = False
# Of two with one prefix the higher layer's counts: it knows more of the same records.
known = {
    **dict(contacts_routes),
    **dict(deals_routes),
    **dict(ecommerce_routes),
    **dict(automations_routes),
}
for prefix, viewset in sorted(known.items()):
    router.register(prefix, viewset, basename=prefix)

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(router.urls)),
    path("v1/token/", TokenView.as_view(), name="token"),
    *(path(f"v1/{name}/", view.as_view(), name=name) for name, view in (*contacts_views, *automations_views)),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    re_path(r"^.*$", NotFoundView.as_view()),
]
