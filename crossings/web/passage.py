"""/c/{slug}/passage/: would I be let through? A form that posts, and its answer on the same page.

What is told here is kept nowhere: it is sent in the body and so stands in no address and no log, the answer may not be
stored, and nothing of it reaches the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from crossings.board import sheet as read_sheet
from crossings.board.passage import passage as read_passage
from crossings.domain.faults import Refused
from crossings.domain.fields import digits
from crossings.domain.fitting import SOON
from crossings.domain.hours import hours_now
from crossings.domain.passage import Answer, shuts_at
from crossings.domain.traveller import asking_from_json
from crossings.domain.vocabulary import Document, Goods, Traffic, Vehicle, Who, Word
from crossings.models import Crossing
from crossings.phrases.countries import NAMES, country
from crossings.phrases.labels import label
from crossings.phrases.passage import told
from crossings.phrases.text import capital
from crossings.phrases.times import Clock
from crossings.phrases.words import TRAFFIC_ORDER, directions_named
from crossings.web.choices import Choice, Field
from crossings.web.respond import TRY_AGAIN_S, answer, other_languages, public
from crossings.web.views import not_found

Json = dict[str, Any]

MOST_BYTES = 16_384
FORM = "application/x-www-form-urlencoded"
NONE = "none"
BETWEEN = re.compile(r"[\s,;،؛]+")
OF_PERSON = tuple(word for word in Who if word not in (Who.NATIONALS, Who.FOREIGNERS, Who.FAMILY))
"""Whose national one is, and where one has family, is asked by itself."""
TICKED: dict[str, tuple[Word, ...]] = {
    "who": OF_PERSON,
    "documents": tuple(Document),
    "goods": tuple(Goods),
    "vehicle": tuple(Vehicle),
}
COUNTRIES = ("nationality", "vehicle_country", "origin", "destination")


# Nothing is changed by asking and no cookie is set that a foreign page could ride on: there is nothing to forge.
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def passage(request: HttpRequest, slug: str) -> HttpResponseBase:
    try:
        response = _answer(request, slug) if request.method == "POST" else _blank(request, slug=slug)
    except Http404 as missing:
        response = not_found(request, missing)
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.method == "POST":
        response.headers["Cache-Control"] = "no-store"
    return response


@public
def _blank(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What stands in the address is not looked at. It carries no tag: a form that is being filled in is left alone."""
    crossing, tag = _found(slug)
    return answer(request, f"{tag}-passage", timezone.now(), lambda: _page(crossing, QueryDict(), {}))


def _page(crossing: Crossing, given: QueryDict, faults: dict[str, str]) -> str:
    return render_to_string("passage.html", _form(crossing, given, faults))


def _found(slug: str) -> tuple[Crossing, str]:
    try:
        sheet = read_sheet(slug, timezone.now())
    except Crossing.DoesNotExist:
        raise Http404 from None
    return sheet.crossing, sheet.tag


def _answer(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        html, status = _told(request, slug)
        headers = {}
    except (OperationalError, InterfaceError):
        html, status, headers = render_to_string("503.html"), 503, {"Retry-After": str(TRY_AGAIN_S)}
    return HttpResponse(html, status=status, headers={**headers, "Cache-Control": "no-store"})


def _told(request: HttpRequest, slug: str) -> tuple[str, int]:
    crossing, _ = _found(slug)
    cannot = {"form": gettext("This form cannot take that. Tell less, and send it from this page.")}
    try:
        given, now = _given(request), timezone.now()
    except (BadRequest, SuspiciousOperation):
        return _page(crossing, QueryDict(), cannot), 400
    if given is None:
        return _page(crossing, QueryDict(), cannot), 413
    data, faults = _read(given)
    try:
        asking = asking_from_json(data, crossing.border())
    except Refused as refused:
        faults |= {fault.pointer.split("/")[1]: _fault(fault.pointer, fault.code) for fault in refused.faults}
    if faults:
        return _page(crossing, given, faults), 400
    found = read_passage(crossing, asking, now)
    clock = Clock(now, (crossing.timezone_a, crossing.timezone_b))
    border = crossing.border()
    shuts = shuts_at(border, asking.lane, hours_now(border, asking.lane, now))
    near = shuts if shuts and shuts <= now + SOON and found["answer"] != Answer.TURNED_BACK else None
    context = _form(crossing, given, {}, asked=found["questions"])
    return render_to_string("passage.html", {**context, "told": told(found, clock, near)}), 200


def _given(request: HttpRequest) -> QueryDict | None:
    """The form that was sent; None where it is too large or no form. Raises BadRequest or SuspiciousOperation."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if request.content_type != FORM or (length and not length.isdigit()) or int(length or 0) > MOST_BYTES:
        return None
    # A body in chunks has no length, and Django takes it for empty; the server marks where such a one ends.
    if length or not request.META.get("wsgi.input_terminated"):
        return request.POST
    body = request.META["wsgi.input"].read(MOST_BYTES + 1)
    return QueryDict(body, encoding="utf-8") if len(body) <= MOST_BYTES else None


# From the form to what asking_from_json reads


def _read(given: QueryDict) -> tuple[Json, dict[str, str]]:
    """What was told, and what is wrong that only a form can get wrong, by field."""
    faults: dict[str, str] = {}
    data: Json = {"to": given.get("to"), "traffic": given.get("traffic") or None}
    for name in TICKED:
        values = given.getlist(name)
        if NONE in values and len(values) > 1:
            faults[name] = gettext("Tick what holds, or “none of these”: not both.")
        data[name] = [each for each in values if each != NONE] if values else None
    if family := given.getlist("family_in"):
        data["family_in"] = family
        data["who"] = [*(data["who"] or []), Who.FAMILY.value]
    for name in COUNTRIES:
        data[name] = given.get(name, "")
        if data[name] and data[name] not in NAMES:
            faults[name] = _fault(name, "unknown_country")
    codes = BETWEEN.split(given.get("hs", "").strip())
    data["hs"] = [digits(each) for each in codes] if codes != [""] else None
    return data, faults


def _fault(pointer: str, code: str) -> str:
    if pointer.startswith("/hs"):
        return gettext("Write customs codes in digits, such as 0806; several with spaces between.")
    return {
        "required": gettext("Choose which country you want to enter."),
        "not_a_side": gettext("Choose which country you want to enter."),
        "unknown_country": gettext("Choose a country from the list."),
        "not_carried": gettext(
            "This crossing does not carry that. Choose another way to travel, or leave the load out."
        ),
        "contradiction": gettext("An empty vehicle carries no goods."),
    }.get(code, gettext("Choose from the list."))


# The form as it is shown, with all that was told


def _form(crossing: Crossing, given: QueryDict, faults: dict[str, str], asked: Iterable[str] = ()) -> Json:
    sides = [crossing.country_b, crossing.country_a]
    fields = {
        "to": Field("to", _choices(given, "to", [(each, directions_named([each])) for each in sides])),
        "traffic": Field("traffic", _choices(given, "traffic", _travels(crossing))),
        "family_in": Field("family_in", _choices(given, "family_in", [(each, country(each)) for each in sides])),
        **{name: Field(name, _ticks(given, name, words)) for name, words in TICKED.items()},
        **{name: Field(name, _countries(given.get(name, ""), sides)) for name in COUNTRIES},
    }
    return {
        "crossing": crossing,
        "fields": fields,
        "hs": given.get("hs", "")[:500],
        "faults": faults,
        "cargo": Traffic.CARGO in crossing.traffic,
        "open": {*asked, *faults},
        "languages": other_languages(reverse("web:passage", args=[crossing.slug])),
    }


def _choices(given: QueryDict, name: str, choices: Iterable[tuple[str, str]]) -> tuple[Choice, ...]:
    values = given.getlist(name)
    return tuple(Choice(value, words, value in values) for value, words in choices)


def _travels(crossing: Crossing) -> list[tuple[str, str]]:
    ways = {
        Traffic.PEOPLE: gettext("on foot"),
        Traffic.VEHICLES: gettext("by car, bus or another vehicle without goods"),
        Traffic.CARGO: gettext("with a goods truck, loaded or empty"),
    }
    return [(each.value, ways[each]) for each in TRAFFIC_ORDER if each in crossing.traffic]


def _ticks(given: QueryDict, name: str, words: Iterable[Word]) -> tuple[Choice, ...]:
    named = [(word.value, capital(label(word))) for word in words]
    return _choices(given, name, [*named, (NONE, gettext("None of these"))])


def _countries(chosen: str, sides: list[str]) -> tuple[Choice, ...]:
    """The two sides first; a code that is no country stays to be seen, and mended."""
    others = sorted((code for code in NAMES if code not in sides), key=country)
    codes = [*sides, *others, *([chosen] if chosen and chosen not in NAMES else [])]
    return tuple(Choice(code, country(code), code == chosen) for code in codes)
