from django.urls import URLPattern, path, re_path

from . import conditions, pages, parts, people

app_name = "builder"
KIND = r"(?P<pk>\d+)/(?P<kind>triggers|steps)/"
PART = KIND + r"(?P<key>\w+)/"
urlpatterns: list[URLPattern] = [
    path("", pages.automation_list, name="list"),
    path("conditions/new/", conditions.new, name="conditions-new"),
    path("conditions/check/", conditions.check, name="conditions-check"),
    path("<int:pk>/", pages.builder, name="page"),
    path("<int:pk>/name/", pages.rename, name="rename"),
    path("<int:pk>/settings/", pages.automation_settings, name="settings"),
    path("<int:pk>/undo/", pages.step_back, name="undo"),
    path("<int:pk>/redo/", pages.step_forward, name="redo"),
    path("<int:pk>/discard/", pages.discard, name="discard"),
    path("<int:pk>/publish/", pages.publish_draft, name="publish"),
    path("<int:pk>/activate/", pages.switch_on, name="activate"),
    path("<int:pk>/backfill/", pages.add_those_who_meet_it, name="backfill"),
    path("<int:pk>/deactivate/", pages.switch_off, name="deactivate"),
    path("<int:pk>/metrics/", people.metrics, name="metrics"),
    path("<int:pk>/people/", people.people, name="people"),
    path("<int:pk>/log/", people.log, name="log"),
    path("<int:pk>/enrollments/<int:enrollment>/<slug:action>/", people.act, name="act"),
    re_path(rf"^{KIND}pick/$", parts.pick, name="pick"),
    re_path(rf"^{KIND}$", parts.add, name="add"),
    re_path(rf"^{PART}$", parts.build, name="build"),
    re_path(rf"^{PART}sentence/$", parts.sentence, name="sentence"),
    re_path(rf"^{PART}probe/$", parts.probe, name="probe"),
    re_path(rf"^{PART}delete/$", parts.delete, name="delete"),
    path("<int:pk>/steps/<slug:key>/toggle/", parts.toggle, name="toggle"),
    path("<int:pk>/steps/<slug:key>/duplicate/", parts.duplicate, name="duplicate"),
    path("<int:pk>/steps/<slug:key>/move/", parts.move, name="move"),
]
