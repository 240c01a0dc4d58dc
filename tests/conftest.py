import pytest
from django.conf import settings
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.test import override_settings
from django.utils import translation

from crossings.api import throttle

PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(autouse=True, scope="session")
def unhashed_static_files():
    # The hashed names need a collectstatic first; tests/test_up.py sees the real ones.
    with override_settings(STORAGES=settings.STORAGES | PLAIN):
        yield


@pytest.fixture(autouse=True, scope="session")
def many_wrong_keys():
    # All tests come from one address, and many try what is refused.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throttle, "WRONG_KEYS", 1_000_000)
        yield


@pytest.fixture(autouse=True)
def in_english():
    # A page of another language leaves that behind in this thread; in the site the next request begins with its own.
    translation.activate("en")


@receiver(connection_created)
def emptying_allowed(connection, **_):
    """The append-only tables may be emptied between the tests of this session, and nowhere else."""
    with connection.cursor() as cursor:
        cursor.execute("SET crossings.may_empty = 'on'")
