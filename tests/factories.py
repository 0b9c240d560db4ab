"""Records for tests. They are saved as a user would save them, so they leave facts behind too."""

import factory
from django.contrib.auth import get_user_model
from factory.django import DjangoModelFactory

from contacts.models import Contact, CustomField, Form, List, Tag


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    is_staff = True
    password = factory.django.Password("a good password")


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    email = factory.Sequence(lambda n: f"contact{n}@example.com")
    first_name = "Ada"
    last_name = factory.Sequence(lambda n: f"Lovelace {n}")


class ListFactory(DjangoModelFactory):
    class Meta:
        model = List

    name = factory.Sequence(lambda n: f"List {n}")


class TagFactory(DjangoModelFactory):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"Tag {n}")


class CustomFieldFactory(DjangoModelFactory):
    class Meta:
        model = CustomField

    key = factory.Sequence(lambda n: f"field_{n}")
    label = factory.LazyAttribute(lambda field: field.key.replace("_", " ").capitalize())
    type = "text"
    options = factory.LazyAttribute(
        lambda field: ["Red", "Green", "Blue"] if field.type in ("dropdown", "radio", "multiselect") else []
    )


class FormFactory(DjangoModelFactory):
    class Meta:
        model = Form
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Form {n}")
    double_opt_in = False

    @factory.post_generation
    def lists(self, create, given, **kwargs):
        self.lists.set(given or [])

    @factory.post_generation
    def tags(self, create, given, **kwargs):
        self.tags.set(given or [])
