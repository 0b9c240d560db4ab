"""What the tests of the admin's pages of contacts share."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from contacts.services import ContactDraft, create_contact, save_contacts


def signed_in(role):
    user = User.objects.create_user(role, f"{role}@example.com", is_staff=True)
    if role == "admin":
        user.is_superuser = True
        user.save()
    else:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def boss():
    return signed_in("manager")


@pytest.fixture
def ann():
    return create_contact(email="ann@example.com", first_name="Ann")


def url(model, page="changelist", *args):
    return reverse(f"admin:contacts_{model}_{page}", args=args)


def messages_in(response):
    return " ".join(str(message) for message in response.context["messages"])


def people(count):
    save_contacts(drafts=[ContactDraft(email=f"p{n}@example.com") for n in range(count)])
