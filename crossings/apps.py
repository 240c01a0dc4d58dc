from django.apps import AppConfig


class CrossingsConfig(AppConfig):
    name = "crossings"
    default_auto_field = "django.db.models.BigAutoField"
