"""Who may push: the holders of keys, each for its own source."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from django.db.models import Q
from django.utils import timezone
from django.views import View
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from crossings.api.problems import Problem
from crossings.api.throttle import KeyRate, a_wrong_key
from crossings.domain.faults import Fault
from crossings.domain.keys import hash_of, prefix_of, same_key
from crossings.domain.vocabulary import Scope
from crossings.models import ApiKey, Source

USE_NOTED_EVERY = timedelta(minutes=5)
NO_KEY = hash_of("")


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY`. The request's user is then the key's source, its auth the key."""

    def authenticate(self, request: Request) -> tuple[Source, ApiKey] | None:
        scheme, _, given = get_authorization_header(request).decode("latin-1").partition(" ")
        if not scheme:
            return None
        key = given.strip() if scheme.lower() == "bearer" else ""
        found = (
            ApiKey.objects.select_related("source").filter(prefix=prefix_of(key)).first() if prefix_of(key) else None
        )
        # Compared even where there is none, and refused in one voice: an answer tells nothing of what exists.
        if not same_key(key, found.hash if found else NO_KEY) or found is None or not _valid(found):
            a_wrong_key(request)
            raise AuthenticationFailed
        _note_use(found)
        return found.source, found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _valid(key: ApiKey) -> bool:
    expired = key.expires_at is not None and key.expires_at <= timezone.now()
    return key.revoked_at is None and not expired and key.source.active


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at <= now - USE_NOTED_EVERY:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        ApiKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=now)


class DenyAll(BasePermission):
    """The default: a view that forgot to say whom it is for is for nobody."""

    def has_permission(self, request: Request, view: View) -> bool:
        return False


class Anyone(BasePermission):
    """Said of every public view."""


class KeyHolder(BasePermission):
    def has_permission(self, request: Request, view: View) -> bool:
        return isinstance(request.auth, ApiKey)


@cache
def requires(scope: Scope) -> type[KeyHolder]:
    """The permission of a view for keys of that scope alone. A key that lacks it is told which it is."""

    class Scoped(KeyHolder):
        def has_permission(self, request: Request, view: View) -> bool:
            if not super().has_permission(request, view):
                return False
            if not may(request, scope):
                KeyRate().allow_request(request, view)  # the framework counts only what is let through here
                detail = f"This key lacks the scope {scope.value}: {scope.label}."
                raise Problem("not-allowed", detail, [Fault("", "scope_missing", detail)])
            return True

    return Scoped


def may(request: Request, scope: Scope) -> bool:
    """Whether the key of the request has the scope."""
    return isinstance(request.auth, ApiKey) and scope.value in request.auth.scopes
