"""What of this app, and of log-ins and permissions, is kept in the log of changes."""

from django.contrib.auth.models import Group, User

from contacts.audit import watch
from contacts.models import (
    AppConnection,
    Campaign,
    Conversion,
    CustomField,
    EmailTemplate,
    Form,
    List,
    PostmarkServer,
    Score,
    Segment,
    SiteMessage,
    Suppression,
    Tag,
    TrackedDomain,
    TrackingSettings,
)

for model in (
    AppConnection,
    Conversion,
    CustomField,
    EmailTemplate,
    Form,
    List,
    PostmarkServer,
    Score,
    Segment,
    SiteMessage,
    Suppression,
    Tag,
    TrackedDomain,
):
    watch(model)
watch(Campaign, members=[Campaign.lists.through])
watch(TrackingSettings, secrets=["key"])
watch(User, secrets=["password"], members=[User.groups.through, User.user_permissions.through])
watch(Group, members=[Group.permissions.through])
