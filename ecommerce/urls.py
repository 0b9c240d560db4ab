"""What needs no log-in: the address that stores deliver to."""

from django.urls import path

from ecommerce.public.stores import store_delivery

app_name = "ecommerce"
urlpatterns = [path("stores/<str:public_id>/", store_delivery, name="store")]
