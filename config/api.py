"""The API's router. Each app names its viewsets in `<app>.api.routes.routes`."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from contacts.api.root import NotFoundView, RootView
from contacts.api.routes import routes as contacts_routes
from contacts.api.users import TokenView

router = DefaultRouter()
router.APIRootView = RootView
router.include_format_suffixes = False
for prefix, viewset in [*contacts_routes]:
    router.register(prefix, viewset, basename=prefix)

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(router.urls)),
    path("v1/token/", TokenView.as_view(), name="token"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    re_path(r"^.*$", NotFoundView.as_view()),
]
