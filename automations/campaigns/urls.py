"""Pages of campaigns, under /campaigns/."""

from django.urls import path

from . import pages, report, templates

app_name = "campaigns"
urlpatterns = [
    path("", pages.campaign_list, name="list"),
    path("new/", pages.new_campaign, name="new"),
    path("start/<slug:start>/", pages.show_start, name="start"),
    path("templates/", templates.template_list, name="templates"),
    path("templates/new/", templates.new_template, name="template-new"),
    path("templates/<int:pk>/", templates.edit_template, name="template"),
    path("templates/<int:pk>/delete/", templates.delete_template, name="template-delete"),
    path("<int:pk>/", pages.editor, name="editor"),
    path("<int:pk>/preview/", pages.show_preview, name="preview"),
    path("<int:pk>/recipients/", pages.count_recipients, name="recipients"),
    path("<int:pk>/test/", pages.try_out, name="test"),
    path("<int:pk>/review/", pages.review, name="review"),
    path("<int:pk>/duplicate/", pages.duplicate, name="duplicate"),
    path("<int:pk>/delete/", pages.delete, name="delete"),
    path("<int:pk>/keep/", pages.keep_as_template, name="keep"),
    path("<int:pk>/report/", report.report, name="report"),
    path("<int:pk>/people/", report.people, name="people"),
    path("<int:pk>/<slug:action>/", pages.act, name="act"),
]
