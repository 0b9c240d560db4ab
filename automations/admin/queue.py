"""django-q2's pages in the admin's theme: what runs in the background, and what failed."""

from typing import Any

from django.contrib import admin
from django_q import admin as q_admin
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin


class ScheduleAdmin(q_admin.ScheduleAdmin, ModelAdmin):
    pass


class SuccessAdmin(q_admin.TaskAdmin, ModelAdmin):
    show_full_result_count = False


class FailureAdmin(q_admin.FailAdmin, ModelAdmin):
    show_full_result_count = False


class QueueAdmin(q_admin.QueueAdmin, ModelAdmin):
    show_full_result_count = False


PAGES: list[tuple[Any, Any]] = [
    (Schedule, ScheduleAdmin),
    (Success, SuccessAdmin),
    (Failure, FailureAdmin),
    (OrmQ, QueueAdmin),
]
for _model, _page in PAGES:
    # The queue's table has a page only where the database is the broker.
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
        admin.site.register(_model, _page)
