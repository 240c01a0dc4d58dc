from django.urls import path

from crossings.web import atom, badge, board, health, offline, passage, share, subscribe, views
from crossings.web.map import crossings_map

app_name = "web"

urlpatterns = [
    path("", board.board, name="board"),
    path("map/", crossings_map, name="map"),
    path("c/<slug:slug>/", views.crossing, name="crossing"),
    path("c/<slug:slug>/history/", views.history, name="history"),
    path("c/<slug:slug>/share.txt", share.share, name="share"),
    path("c/<slug:slug>/feed.atom", atom.of_crossing, name="crossing-feed"),
    path("c/<slug:slug>/badge.svg", badge.badge, name="badge"),
    path("c/<slug:slug>/passage/", passage.passage, name="passage"),
    path("feed.atom", atom.of_all, name="feed"),
    path("c/<slug:slug>/subscribe/", subscribe.subscribe, name="subscribe"),
    path("subscription/<str:token>/", subscribe.subscription, name="subscription"),
    path("subscription/<str:token>/leave/", subscribe.leave, name="leave"),
    path("sw.js", offline.worker, name="worker"),
    path("about/", views.about, name="about"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
