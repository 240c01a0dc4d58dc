"""The people of the desk come by invitation, show a second factor, and do only what their role and countries let."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module
from itertools import pairwise

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connection, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from crossings import rights, tasks
from crossings.models import Duty, Invitation, Source
from tests.desk import admin_url, fields_of, logged_in, staff
from tests.factories import make_crossing, make_source

pytestmark = pytest.mark.django_db
roles = import_module("crossings.migrations.0010_roles")
PASSWORD = "a phrase that is long enough"


def role_called(name: str) -> Group:
    """Tests that commit empty the tables, this one too."""
    if not Group.objects.filter(name=name).exists():
        roles.make_roles(apps, None)
    return Group.objects.get(name=name)


def member(name: str, role: str, *countries: str) -> User:
    person = staff(name)
    person.groups.set([role_called(role)])
    if countries:
        Duty.objects.create(user=person, countries=list(countries))
    return User.objects.get(pk=person.pk)


@pytest.fixture
def chief() -> Client:
    return logged_in(member("chief", "administrator"))


def invited(client: Client, **typed: object) -> str:
    page = client.post(reverse("admin:crossings_invitation_add"), {"name": "zahra", "role": role("recorder"), **typed})
    found = re.search(r"http://testserver(/admin/join/[^/<]+/)", page.content.decode())
    assert found, page.content.decode()
    return found[1]


def role(name: str) -> int:
    return role_called(name).pk


def test_the_four_roles_are_there_and_each_may_what_the_one_before_may():
    may = [set(role_called(name).permissions.values_list("codename", flat=True))
           for name in ("recorder", "reviewer", "editor", "administrator")]  # fmt: skip
    assert all(less < more for less, more in pairwise(may))
    assert "add_report" in may[0] and "change_draft" in may[1] and "redact_report" in may[2]


def test_new_staff_come_by_a_link_that_holds_once(chief):
    link = invited(chief, countries="PK")
    new = Client()
    page = new.get(link)
    assert page.status_code == 200 and page["Cache-Control"] == "no-store"
    refused = new.post(link, {"new_password1": "short", "new_password2": "short"})
    assert "too short" in refused.content.decode()
    done = new.post(link, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert done.status_code == 302 and done["Location"] == reverse("desk:second_new")
    person = User.objects.get(username="zahra")
    assert person.is_staff and not person.is_superuser
    assert [group.name for group in person.groups.all()] == ["recorder"]
    assert rights.countries_of(person) == {"PK"}
    assert Client().get(link).status_code == 404
    assert Client().post(link, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 404


def test_a_link_that_was_withdrawn_or_is_old_makes_nobody(chief):
    link = invited(chief)
    row = Invitation.objects.get()
    chief.post(admin_url(row, "withdraw"))
    assert Client().get(link).status_code == 404
    other = invited(chief)
    Invitation.objects.filter(withdrawn_at=None).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().post(other, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 404
    assert not User.objects.filter(username="zahra").exists()


def test_the_link_itself_is_kept_nowhere(chief):
    token = invited(chief).split("/")[-2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(i)::text FROM crossings_invitation i")
        assert token not in cursor.fetchone()[0]
    assert not LogEntry.objects.filter(change_message__contains=token).exists()


@pytest.mark.parametrize("typed, words", [
    ({"name": ""}, "This field is required"),
    ({"name": "chief"}, "Somebody has this name already"),
    ({"name": "a b"}, "Enter a valid username"),
    ({"countries": "Pakistan"}, "A country’s two letters are expected"),
    ({"role": "999999"}, "Select a valid choice"),
    ({"countries": "PK\nZZ"}, "No country has the letters ZZ: look again."),
])  # fmt: skip
def test_an_invitation_refuses_nonsense_beside_the_field_and_keeps_what_was_typed(chief, typed, words):
    given = {"name": "zahra", "role": role("recorder"), "countries": "PK", **typed}
    page = chief.post(reverse("admin:crossings_invitation_add"), given)
    assert words in page.content.decode()
    assert fields_of(page)["countries"] == given["countries"]
    assert not Invitation.objects.exists()


def test_for_one_name_one_invitation_is_open_at_a_time(chief):
    invited(chief)
    again = {"name": "Zahra", "role": role("editor")}
    page = chief.post(reverse("admin:crossings_invitation_add"), again)
    assert "An invitation for this name is open already" in page.content.decode()
    Invitation.objects.update(withdrawn_at=timezone.now())
    assert invited(chief)
    Invitation.objects.update(expires_at=timezone.now())
    assert invited(chief)


def test_nobody_gives_more_than_they_have():
    local = logged_in(member("local", "administrator", "PK", "IR"))
    for beyond in ("", "AF", "PK\nAF"):
        page = local.post(
            reverse("admin:crossings_invitation_add"), {"name": "x", "role": role("editor"), "countries": beyond}
        )
        assert "You can give only what you look after yourself: one or more of IR, PK." in page.content.decode()
    assert not Invitation.objects.exists()
    assert invited(local, countries="IR")


def test_an_administrator_of_some_countries_manages_only_their_people():
    local = logged_in(member("local", "administrator", "PK"))
    own, other, all_over = member("own", "recorder", "PK"), member("other", "recorder", "AF"), member("all", "recorder")
    root = staff("root", superuser=True)
    page = local.get(reverse("admin:auth_user_changelist")).content.decode()
    assert ">own<" in page and ">other<" not in page and ">all<" not in page and ">root<" not in page
    for person in (other, all_over, root):
        for act in ("change", "password_change", "end_sessions", "new_second", "let_in"):
            url = reverse(f"admin:auth_user_{act}", args=[person.pk])
            assert local.get(url).status_code in (302, 403, 404), url
            assert local.post(url, {"password1": PASSWORD, "password2": PASSWORD}).status_code in (302, 403, 404)
        assert User.objects.get(pk=person.pk).password == ""
    assert local.get(reverse("admin:auth_user_change", args=[own.pk])).status_code == 200


def test_an_administrator_raises_nobody_above_the_roles_and_not_themselves(chief):
    person = member("zahra", "recorder")
    url = reverse("admin:auth_user_change", args=[person.pk])
    typed = fields_of(chief.get(url))
    chief.post(url, {**typed, "groups": [role("reviewer")], "is_superuser": "on", "user_permissions": ["1", "2"]})
    person = User.objects.get(pk=person.pk)
    assert [group.name for group in person.groups.all()] == ["reviewer"]
    assert not person.is_superuser and not person.user_permissions.exists()
    own = User.objects.get(username="chief")
    url = reverse("admin:auth_user_change", args=[own.pk])
    chief.post(url, {**fields_of(chief.get(url)), "is_superuser": "on", "groups": []})
    own = User.objects.get(pk=own.pk)
    assert not own.is_superuser and [group.name for group in own.groups.all()] == ["administrator"]


def test_countries_are_given_on_the_page_of_the_person(chief):
    person = member("zahra", "recorder")
    url = reverse("admin:auth_user_change", args=[person.pk])
    typed = fields_of(chief.get(url))
    refused = chief.post(url, {**typed, "duty-0-countries": "Pakistan"})
    assert "two letters are expected" in refused.content.decode()
    chief.post(url, {**typed, "duty-0-countries": "PK\nAF"})
    assert rights.countries_of(User.objects.get(pk=person.pk)) == {"PK", "AF"}


def code_of(person: User) -> str:
    device = TOTPDevice.objects.get(user=person)
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1, throttling_failure_count=0)
    return f"{totp(device.bin_key):06}"


@override_settings(SECOND_FACTOR=True)
def test_without_a_second_factor_nobody_gets_past_the_door_and_with_it_they_do():
    person = member("zahra", "recorder")
    client = logged_in(person)
    index = reverse("admin:index")
    assert client.get(index)["Location"] == f"{reverse('desk:second_new')}?next=%2Fadmin%2F"
    page = client.get(reverse("desk:second_new"))
    assert "data:image/svg+xml;base64," in page.content.decode()
    wrong = client.post(reverse("desk:second_new"), {"code": "000000"})
    assert "That is not the code shown now" in wrong.content.decode()
    done = client.post(reverse("desk:second_new"), {"code": code_of(person)})
    codes = re.findall(r"<li>([a-z2-9]{8})</li>", done.content.decode())
    assert len(codes) == 10
    assert client.get(index).status_code == 200

    again = logged_in(person)
    assert again.get(index)["Location"] == f"{reverse('desk:second')}?next=%2Fadmin%2F"
    assert again.post(reverse("desk:second"), {"code": "123"}).status_code == 200
    StaticDevice.objects.update(throttling_failure_count=0)  # else the next code would have to wait a second
    paper = again.post(reverse("desk:second"), {"code": codes[0].upper(), "next": "/admin/crossings/report/"})
    assert paper["Location"] == "/admin/crossings/report/"
    assert again.get(index).status_code == 200
    once_more = logged_in(person)
    once_more.post(reverse("desk:second"), {"code": codes[0]})
    assert once_more.get(index).status_code == 302, "a code on paper works once"


def test_who_has_a_second_factor_is_asked_for_it_also_where_it_is_not_asked_of_all():
    person = member("zahra", "recorder")
    TOTPDevice.objects.create(user=person, confirmed=True)
    client = logged_in(person)
    assert client.get(reverse("admin:index"))["Location"].startswith(reverse("desk:second"))
    assert client.get(reverse("desk:second_new"))["Location"] == reverse("desk:second"), "nobody replaces it unseen"
    assert logged_in(member("omid", "recorder")).get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("known", [False, True])
def test_who_types_the_right_code_at_once_after_a_wrong_one_is_told_to_wait_and_how_long(known):
    person = member("zahra", "recorder")
    client = logged_in(person)
    if known:
        TOTPDevice.objects.create(user=person, confirmed=True)
    url = reverse("desk:second" if known else "desk:second_new")
    client.get(url)
    wrong = client.post(url, {"code": "000000"}).content.decode()
    assert "That is not the code" in wrong and "Too fast" not in wrong
    device = TOTPDevice.objects.get(user=person)
    TOTPDevice.objects.update(throttling_failure_count=3, throttling_failure_timestamp=timezone.now())
    right = f"{totp(device.bin_key):06}"
    assert "Too fast: wait 4 seconds and try again." in client.post(url, {"code": right}).content.decode()
    TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(seconds=5))
    assert client.post(url, {"code": right}).status_code == (302 if known else 200)
    assert TOTPDevice.objects.get(user=person).confirmed


def test_the_second_factor_can_be_opened_on_the_phone_itself():
    person = member("zahra", "recorder")
    page = logged_in(person).get(reverse("desk:second_new")).content.decode()
    assert 'href="otpauth://totp/' in page and "Open it in the authenticator on this phone" in page


def test_the_way_on_leads_nowhere_else():
    person = member("zahra", "recorder")
    client = logged_in(person)
    client.get(reverse("desk:second_new"))
    page = client.post(reverse("desk:second_new"), {"code": code_of(person), "next": "https://evil.example/"})
    assert "evil.example" not in page.content.decode()


def test_a_lost_phone_is_replaced_with_the_help_of_an_administrator(chief):
    person = member("zahra", "recorder")
    TOTPDevice.objects.create(user=person, confirmed=True)
    chief.post(reverse("admin:auth_user_new_second", args=[person.pk]))
    assert not TOTPDevice.objects.filter(user=person).exists()
    assert LogEntry.objects.filter(change_message__contains="Second factor taken away").exists()


def sign_in(client: Client, password: str, address: str = "192.0.2.1") -> int:
    given = {"username": "zahra", "password": password, "next": "/admin/"}
    return client.post("/admin/login/", given, REMOTE_ADDR=address).status_code


def test_who_guesses_is_locked_out_at_their_address_and_nobody_else_is(chief):
    person = member("zahra", "recorder")
    person.set_password(PASSWORD)
    person.save()
    for _ in range(8):
        status = sign_in(Client(), "guess")
    assert status == 429
    page = Client().post("/admin/login/", {"username": "zahra", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1")
    assert page.status_code == 429 and "locked out at this address for 15 minutes" in page.content.decode()
    assert sign_in(Client(), PASSWORD, "192.0.2.77") == 302
    chief.post(reverse("admin:auth_user_let_in", args=[person.pk]))
    assert sign_in(Client(), PASSWORD) == 302


def test_sessions_end_in_time_with_the_account_and_when_an_administrator_says_so(chief):
    person = member("zahra", "recorder")
    client = logged_in(person)
    assert client.get("/admin/").status_code == 200
    session = client.session
    session["desk_begun"] -= 13 * 3600
    session.save()
    assert client.get("/admin/crossings/report/")["Location"] == "/admin/login/?next=%2Fadmin%2Fcrossings%2Freport%2F"
    client = logged_in(person)
    chief.post(reverse("admin:auth_user_end_sessions", args=[person.pk]))
    assert client.get("/admin/").status_code == 302
    client = logged_in(person)
    url = reverse("admin:auth_user_change", args=[person.pk])
    chief.post(url, {**{k: v for k, v in fields_of(chief.get(url)).items() if k != "is_active"}})
    assert client.get("/admin/").status_code == 302
    assert Session.objects.count() == 1


def test_sessions_that_are_over_are_forgotten():
    client = logged_in(member("zahra", "recorder"))
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    tasks.forget_old()
    assert not Session.objects.exists()
    assert client.get("/admin/").status_code == 302


def test_what_everybody_did_can_neither_be_changed_nor_forgotten():
    person = staff("zahra")
    entry = LogEntry.objects.create(user=person, object_repr="x", action_flag=1, change_message="x")
    for act in (lambda: LogEntry.objects.update(object_repr="y"),
                lambda: connection.cursor().execute("UPDATE django_admin_log SET object_repr = 'y'")):  # fmt: skip
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            act()
    assert LogEntry.objects.get(pk=entry.pk).object_repr == "x"


def test_the_trail_shows_an_administrator_of_some_countries_what_befell_their_crossings():
    near, far = make_crossing(), make_crossing(slug="far", name="Far", country_a="IR", country_b="TM")
    chief = member("chief", "administrator")
    for crossing in (near, far):
        LogEntry.objects.log_actions(chief.pk, [crossing], 2, "Touched.", single_object=True)
    local = logged_in(member("local", "administrator", "PK"))
    page = local.get(reverse("admin:admin_logentry_changelist")).content.decode()
    assert "Torkham" in page and "Far" not in page


def test_sources_of_all_the_world_are_not_edited_by_who_looks_after_a_part():
    wide, own = make_source("wide"), make_source("own")
    Source.objects.filter(pk=own.pk).update(countries=["PK"])
    local = logged_in(member("local", "editor", "PK"))
    assert local.get(admin_url(own)).status_code == 200
    assert local.get(admin_url(wide)).status_code == 302
    typed = fields_of(local.get(admin_url(own)))
    page = local.post(admin_url(own), {**typed, "countries": ""})
    assert "You can give only what you look after yourself" in page.content.decode()


def test_the_desk_speaks_the_language_of_who_sits_at_it():
    person = member("zahra", "recorder")
    client = logged_in(person)
    assert 'lang="en"' in client.get("/admin/").content.decode()
    client.post(reverse("desk:me"), {"language": "ps"})
    page = client.get("/admin/").content.decode()
    assert 'lang="ps"' in page and 'dir="rtl"' in page
    assert "Select a valid choice" not in client.post(reverse("desk:me"), {"language": "en"}).content.decode()
    assert 'lang="en"' in client.get("/admin/").content.decode()
