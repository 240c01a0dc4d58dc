"""A walk over every address of the admin: nothing said or derived is added, edited or deleted there."""

from __future__ import annotations

import zlib

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import models
from django.urls import reverse
from django.utils import timezone

from crossings.models import (
    Alarm,
    ApiKey,
    Change,
    Crossing,
    Draft,
    Endpoint,
    Period,
    Poll,
    RawBatch,
    Reading,
    Report,
    Source,
)
from tests.desk import log, logged_in, staff
from tests.factories import make_crossing, make_key, make_source
from tests.receivers import make_endpoint

pytestmark = pytest.mark.django_db
LOOKED_AT = (Report, Reading, Change, Period, Poll, Draft, Alarm, RawBatch, Endpoint)
UNDELETABLE = (*LOOKED_AT, Crossing, Source, ApiKey, User)


@pytest.fixture
def client():
    """A superuser's, after something was said of everything."""
    client = logged_in(staff("chief", superuser=True))
    make_crossing()
    source = make_source("rumour", trusted=False)
    make_key(source)
    now = timezone.now()
    poll = Poll.objects.create(source=source, started_at=now)
    RawBatch.objects.create(poll=poll, source=source, body=zlib.compress(b"{}"), received_at=now, state="dead")
    Alarm.sound("poison", source, "five tries", now)
    make_endpoint("https://partner.example/hooks", now, source)
    for typed in ({}, {"source": "rumour"}):
        log(client, {"lane_all": "closed", "when": "now", "queue_low": "9", "note": "as it was", **typed})
    return client


def rows(model: type[models.Model]) -> list[dict[str, object]]:
    return list(model._default_manager.order_by("pk").values())


def test_nothing_that_was_said_and_nobody_who_said_it_is_deleted(client):
    for model in UNDELETABLE:
        before = rows(model)
        assert before, model
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for row in model._default_manager.all():
            url = reverse(f"{name}_delete", args=[row.pk])
            assert client.get(url).status_code == 403, url
            assert client.post(url, {"post": "yes"}).status_code == 403, url
        chosen = [row.pk for row in model._default_manager.all()]
        bulk = {"action": "delete_selected", "_selected_action": chosen, "post": "yes", "index": "0"}
        client.post(reverse(f"{name}_changelist"), bulk)
        assert rows(model) == before, model


def test_what_was_said_and_derived_is_neither_added_nor_edited(client):
    for model in LOOKED_AT:
        before = rows(model)
        assert before, model
        name = f"admin:crossings_{model._meta.model_name}"
        assert client.get(reverse(f"{name}_add")).status_code == 403, model
        assert client.post(reverse(f"{name}_add"), {"note": "never said"}).status_code == 403, model
        for row in model._default_manager.all():
            url = reverse(f"{name}_change", args=[row.pk])
            page = client.get(url)
            assert page.status_code == 200, url
            assert b'name="_save"' not in page.content, url
            edited = {field.name: "edited" for field in model._meta.fields} | {"_save": "Save"}
            assert client.post(url, edited).status_code == 403, url
        client.post(reverse(f"{name}_changelist"), {"form-0-note": "edited", "_save": "Save", "form-TOTAL_FORMS": "1"})
        assert rows(model) == before, model


def test_no_list_edits_in_place_and_none_but_groups_has_an_action():
    for model, model_admin in admin.site._registry.items():
        assert not model_admin.list_editable
        assert model is Group or model_admin.actions is None


def test_the_index_begins_with_logging_an_update_for_those_who_may(client):
    link = b'href="/admin/crossings/report/log/"'
    assert link in client.get("/admin/").content
    assert link in logged_in(staff("zahra", "add_report")).get("/admin/").content
    assert link not in logged_in(staff("viewer", "view_report")).get("/admin/").content
