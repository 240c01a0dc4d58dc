"""For the tests of the staff door: a form read from its page as a browser would, and the week of DESIGN §1 as typed."""

from __future__ import annotations

import uuid
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crossings.admin.door import BEGUN

Fields = dict[str, Any]


class FormReader(HTMLParser):
    """The fields of the page's last form with what stands in them; several values of one name as a list."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.select = ""
        self.options: list[tuple[str, bool]] = []
        self.text: tuple[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name, value = given.get("name") or "", given.get("value")
        if tag == "form":
            self.fields = {}
        elif tag == "input" and name and given.get("type") not in ("submit", "button"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.fields.setdefault(name, []).append(
                    value if value is not None else "on" if "checked" in given else ""
                )
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option" and self.select:
            self.options.append((value or "", "selected" in given))
        elif tag == "textarea":
            self.text = (name, "")

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text = (self.text[0], self.text[1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.select:
            chosen = [value for value, selected in self.options if selected] or [v for v, _ in self.options[:1]]
            self.fields[self.select], self.select = chosen, ""
        elif tag == "textarea" and self.text is not None:
            self.fields[self.text[0]] = [self.text[1].removeprefix("\n")]
            self.text = None


def fields_of(response: Any) -> Fields:
    found = FormReader(response.content.decode()).fields
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


LOG = "/admin/crossings/report/log/"
BLANK: dict[str, Fields] = {}
"""A fresh form of each crossing, read once: a page takes a while to render."""


def blank(client: Client, slug: str) -> Fields:
    if slug not in BLANK:
        BLANK[slug] = fields_of(client.get(LOG, {"crossing": slug}))
    return {**BLANK[slug], "token": str(uuid.uuid4())}


def preview(client: Client, typed: Fields, slug: str = "torkham") -> Any:
    """The page after [Preview] of a fresh form with these fields typed; times that are asked back are meant."""
    return meant(client, client.post(LOG, {**blank(client, slug), **typed, "action": "preview"}))


def meant(client: Client, page: Any, url: str = LOG) -> Any:
    """The page once all times that it asks back are ticked."""
    asked = [each.value for each in page.context["form"].asked] if page.context and "form" in page.context else []
    return client.post(url, {**fields_of(page), "sure": asked, "action": "preview"}) if asked else page


def save(client: Client, shown: Any, **typed: Any) -> Any:
    """The page after [Save] on a page that shows a preview."""
    return client.post(LOG, {**fields_of(shown), **typed, "action": "save"}, follow=True)


def log(client: Client, typed: Fields, slug: str = "torkham") -> Any:
    return save(client, preview(client, typed, slug))


def staff(username: str = "zahra", *permissions: str, superuser: bool = False) -> User:
    user = User.objects.create(username=username, is_staff=True, is_superuser=superuser)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    session = client.session
    session[BEGUN] = timezone.now().timestamp()
    session.save()
    return client


def admin_url(row: Any, act: str = "change") -> str:
    return reverse(f"admin:crossings_{row._meta.model_name}_{act}", args=[row.pk])


def at(day: str, clock: str, zone: str, **more: Any) -> Fields:
    return {"when": "at", "day": day, "clock": clock, "zone": zone, **more}


KABUL, KARACHI = "Asia/Kabul", "Asia/Karachi"
ON_CONDITIONS = {
    "lane_people_both": "restricted", "lane_vehicles_both": "closed", "lane_cargo_both": "closed", "rows": "3",
    "c0-effect": "allow", "c0-traffic": "", "c0-who": "nationals", "c0-country": "PK", "c0-per": "day",
    "c1-effect": "allow", "c1-traffic": "people", "c1-who": "family", "c1-country": "PK", "c1-per": "day",
    "c2-effect": "allow", "c2-traffic": "", "c2-who": "patients", "c2-country": "AF", "c2-documents": "permit",
    "c2-per": "day",
}  # fmt: skip
# The five claims of tests.factories.SEED_WEEK as staff type them; the last two both as said on Saturday at 09:00 UTC,
# so that all lanes fall silent together.
WEEK: list[Fields] = [
    {"declared_by": "AF", "lane_all": "closed", "reason": "dispute", "said_day": "2023-02-19", "said_clock": "19:30",
     **at("2023-02-19", "17:30", KABUL, precision="hour")},
    {"declared_by": "AF", "one_gate": "on", "lane_all": "open", "said_day": "2023-02-23", "said_clock": "07:30",
     **at("2023-02-23", "07:00", KABUL)},
    {"declared_by": "PK", "lane_all": "closed", "reason": "security", "said_day": "2023-02-23", "said_clock": "15:00",
     **at("2023-02-23", "14:00", KARACHI)},
    {"declared_by": "PK", **ON_CONDITIONS, "reason": "security", "note": "Talks on vehicles and goods go on.",
     "said_day": "2023-02-25", "said_clock": "14:00", **at("2023-02-24", "10:00", KARACHI)},
    {"declared_by": "PK", "lane_cargo_both": "open", "lane_vehicles_both": "open", "said_day": "2023-02-25",
     "said_clock": "13:30", **at("2023-02-25", "06:00", KABUL)},
]  # fmt: skip
