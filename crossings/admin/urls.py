"""Addresses of the desk outside of any model's pages."""

from django.contrib import admin
from django.urls import path

from crossings.admin.people.invitation import join
from crossings.admin.people.me import me
from crossings.admin.people.second import ask, set_up

app_name = "desk"
urlpatterns = [
    path("join/<str:token>/", join, name="join"),
    path("second/", ask, name="second"),
    path("second/new/", set_up, name="second_new"),
    path("me/", admin.site.admin_view(me), name="me"),
]
