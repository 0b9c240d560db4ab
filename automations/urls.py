"""Pages of automations outside the admin."""

from django.urls import path

from automations.delivery import views as delivery

app_name = "automations"
urlpatterns = [
    path("<int:automation_id>/steps/<str:key>/preview/", delivery.preview_page, name="email-preview"),
    path("<int:automation_id>/steps/<str:key>/test/", delivery.send_test, name="email-test"),
]
