from django.urls import path

from crossings.web import health, views

app_name = "web"

urlpatterns = [
    path("", views.board, name="board"),
    path("c/<slug:slug>/", views.crossing, name="crossing"),
    path("c/<slug:slug>/history/", views.history, name="history"),
    path("about/", views.about, name="about"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
