"""Being told by e-mail: the form that asks for it, and the page that confirms and ends it.

No cookie is set, as on every public page. What another site could forge is the form alone, which looks at where the
browser says it comes from; the other page is opened by a secret that is only in the letters. To look at either changes
nothing: mail programs follow links before their readers do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core import signing
from django.core.cache import cache
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods
from redis.exceptions import RedisError

from crossings import alerts, bell
from crossings.alerts.letters import chosen, stands_now
from crossings.alerts.subscribe import hashes, mailbox
from crossings.board import sheet
from crossings.caller import address_of
from crossings.domain.network import house
from crossings.models import Crossing, Subscription
from crossings.phrases.labels import label
from crossings.phrases.names import own_name
from crossings.phrases.text import capital
from crossings.phrases.words import TRAFFIC_ORDER, directions_named
from crossings.web.choices import Choice, Field
from crossings.web.respond import TRY_AGAIN_S, other_languages
from crossings.web.views import not_found

Json = dict[str, Any]
View = Callable[..., HttpResponseBase]

MOST_BYTES = 16_384
FORM = "application/x-www-form-urlencoded"
STAMP, STAMP_LASTS_S = "subscribe form", 24 * 3600
HOUR_S, DAY_S = 3600, 24 * 3600
LETTER_EVERY_S = 600
"""To one mailbox about one crossing."""
PER_CLIENT, PER_MAILBOX = 5, 10
"""Letters that one reader may ask for in an hour, and that one mailbox may be sent in a day."""


class Unlimited(Exception):
    """Nobody can count how much was asked for."""


def private(referrer: str = "no-referrer") -> Callable[[View], View]:
    """An answer for one reader alone: kept by nobody, found by no search, and in no log, for its address is secret."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                response = view(request, *args, **kwargs)
            except Http404 as missing:
                response = not_found(request, missing)
            except (OperationalError, InterfaceError):
                page = render_to_string("503.html")
                response = HttpResponse(page, status=503, headers={"Retry-After": str(TRY_AGAIN_S)})
            response.headers["Cache-Control"] = "no-store"
            response.headers["X-Robots-Tag"] = "noindex"
            response.headers["Referrer-Policy"] = referrer
            response._has_been_logged = True  # type: ignore[attr-defined]
            return response

        return answer

    return decorate


# The form. Its referrer policy is not the strictest: a browser would then not say where the form comes from.
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@private("same-origin")
def subscribe(request: HttpRequest, slug: str) -> HttpResponseBase:
    crossing = Crossing.objects.filter(slug=slug).first()
    if crossing is None:
        raise Http404
    if request.method != "POST":
        return _form(crossing, {}, {})
    cannot = {"form": gettext("This form cannot take that. Send it from this page.")}
    try:
        given = _given(request)
    except (BadRequest, SuspiciousOperation):
        given = None
    if given is None or _foreign(request):
        return _form(crossing, {}, cannot, status=400)
    return _asked(request, crossing, given)


@sensitive_variables("given", "address")
def _asked(request: HttpRequest, crossing: Crossing, given: Mapping[str, str]) -> HttpResponse:
    """The answer is the same whether the address is known or not, and whether a letter goes out or one just did."""
    address = alerts.usable(given.get("email", ""))
    faults = _faults(crossing, given, address)
    if faults:
        return _form(crossing, given, faults, status=400)
    try:
        if not _within(f"client:{_client(request)}", PER_CLIENT, HOUR_S):
            later = {"form": gettext("Many letters were asked for from your connection. Please come again later.")}
            return _form(crossing, given, later, status=429, wait=HOUR_S)
        whose = hashes(mailbox(address))[0]
        goes = _within(f"mailbox:{whose}:{crossing.pk}", 1, LETTER_EVERY_S)
        goes = goes and _within(f"mailbox:{whose}", PER_MAILBOX, DAY_S)
    except Unlimited:
        broken = {"form": gettext("We cannot take this just now. Please try again in some minutes.")}
        return _form(crossing, given, broken, status=503, wait=TRY_AGAIN_S)
    if goes:
        language = get_language() or "en"
        alerts.ask(address, crossing, given.get("traffic", ""), given.get("to", ""), language, timezone.now())
        bell.ring_on_commit("deliver.alerts")
    return _page("subscribe_asked.html", crossing, reverse("web:subscribe", args=[crossing.slug]))


def _faults(crossing: Crossing, given: Mapping[str, str], address: str) -> dict[str, str]:
    faults = {}
    once_more = gettext("Please look it over and send it once more.")
    try:
        stamped = signing.loads(given.get("stamp", ""), salt=STAMP, max_age=STAMP_LASTS_S) == crossing.slug
    except signing.SignatureExpired:
        stamped, once_more = False, gettext("This page was open for too long. Please send it once more.")
    except signing.BadSignature:
        stamped = False
    if given.get("traffic", "") not in ("", *crossing.traffic):
        faults["traffic"] = gettext("Choose from the list.")
    if given.get("to", "") not in ("", *crossing.countries):
        faults["to"] = gettext("Choose from the list.")
    if not address:
        faults["email"] = gettext("Write an e-mail address, such as name@example.org.")
    if not stamped and not faults:
        faults["form"] = once_more
    return faults


def _given(request: HttpRequest) -> QueryDict | None:
    """The form that was sent; None where it is too large or no form. Raises BadRequest or SuspiciousOperation."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if request.content_type != FORM or not length.isdigit() or int(length) > MOST_BYTES:
        return None
    return request.POST


def _foreign(request: HttpRequest) -> bool:
    """Whether a page of another site sent the form, as far as the browser tells."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.get_host()


def _client(request: HttpRequest) -> str:
    """Who asks, as a number that tells nobody where they are: the address that our outermost proxy saw."""
    return salted_hmac("subscriber's network", house(address_of(request)), algorithm="sha256").hexdigest()


def _within(name: str, most: int, seconds: int) -> bool:
    """Count one more under that name; whether there were not too many. Raises Unlimited."""
    try:
        cache.add(f"subscribe:{name}", 0, seconds)
        return cache.incr(f"subscribe:{name}") <= most
    except (RedisError, OSError):
        raise Unlimited from None
    except ValueError:  # it ran out between the two
        return True


# What the links in the letters open


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private()
def subscription(request: HttpRequest, token: str) -> HttpResponseBase:
    row = alerts.found(token, timezone.now())
    if row is not None and request.method == "POST" and request.POST.get("act") == "leave":
        return _left(row, token)
    if row is not None and request.method == "POST" and request.POST.get("act") == "confirm":
        row = alerts.confirm(token, timezone.now())
    return _shown(row, token)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private()
def leave(request: HttpRequest, token: str) -> HttpResponseBase:
    """One click in a mail program (RFC 8058) posts here; who only looks is shown the page with its button."""
    row = alerts.found(token, timezone.now())
    return _left(row, token) if row is not None and request.method == "POST" else _shown(row, token)


def _left(row: Subscription, token: str) -> HttpResponse:
    alerts.leave(token)
    return _page("subscription_left.html", row.crossing, reverse("web:crossing", args=[row.crossing.slug]))


def _shown(row: Subscription | None, token: str) -> HttpResponse:
    if row is None:
        return HttpResponse(render_to_string("subscription_gone.html"), status=404)
    here, at = reverse("web:subscription", args=[token]), timezone.now()
    stands = stands_now(row, sheet(row.crossing.slug, at).json(), at) if row.confirmed_at else ""
    return _page(
        "subscription.html", row.crossing, here, row=row, action=here, chosen=capital(chosen(row)), stands=stands
    )


# The pages


def _page(template: str, crossing: Crossing, here: str, status: int = 200, **more: Any) -> HttpResponse:
    name = own_name({"name": crossing.name, "names": crossing.names})[1]
    context = {"crossing": crossing, "name": name, "languages": other_languages(here), **more}
    return HttpResponse(render_to_string(template, context), status=status)


def _form(
    crossing: Crossing, given: Mapping[str, str], faults: Mapping[str, str], status: int = 200, wait: int = 0
) -> HttpResponse:
    response = _page(
        "subscribe.html",
        crossing,
        reverse("web:subscribe", args=[crossing.slug]),
        status,
        traffic=Field("traffic", _choices(given, "traffic", gettext("all traffic"), _traffic(crossing))),
        to=Field("to", _choices(given, "to", gettext("both ways"), _ways(crossing))),
        email=given.get("email", "")[:300],
        stamp=signing.dumps(crossing.slug, salt=STAMP),
        faults=faults,
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _choices(given: Mapping[str, str], name: str, every: str, some: list[tuple[str, str]]) -> tuple[Choice, ...]:
    wanted = given.get(name, "")
    return tuple(Choice(value, capital(words), value == wanted) for value, words in [("", every), *some])


def _traffic(crossing: Crossing) -> list[tuple[str, str]]:
    return [(each.value, label(each)) for each in TRAFFIC_ORDER if each in crossing.traffic]


def _ways(crossing: Crossing) -> list[tuple[str, str]]:
    return [(each, directions_named([each])) for each in (crossing.country_b, crossing.country_a)]
