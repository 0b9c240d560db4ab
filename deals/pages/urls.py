"""Pages of deals and tasks, under /deals/."""

from django.urls import path

from . import board, tasks

app_name = "deals"
urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/first/", board.make_first, name="first"),
    path("board/<int:pk>/", board.board, name="pipeline"),
    path("<int:pk>/move/", board.move, name="move"),
    path("<int:pk>/status/", board.change_status, name="status"),
    path("tasks/", tasks.my_tasks, name="tasks"),
    path("tasks/<int:pk>/complete/", tasks.complete, name="complete"),
    path("tasks/<int:pk>/reopen/", tasks.reopen, name="reopen"),
]
