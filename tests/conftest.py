import pytest
from django.conf import settings
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.test import override_settings

PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(autouse=True, scope="session")
def unhashed_static_files():
    # The hashed names need a collectstatic first; tests/test_up.py sees the real ones.
    with override_settings(STORAGES=settings.STORAGES | PLAIN):
        yield


@receiver(connection_created)
def emptying_allowed(connection, **_):
    """The append-only tables may be emptied between the tests of this session, and nowhere else."""
    with connection.cursor() as cursor:
        cursor.execute("SET crossings.may_empty = 'on'")
