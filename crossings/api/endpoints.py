"""webhooks/: where a key's holder is told of changes, and what came of it. Another key's endpoint is not there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from crossings import webhooks
from crossings.api.auth import requires
from crossings.api.endpoint_json import delivery_json, endpoint_json
from crossings.api.endpoint_read import read_endpoint
from crossings.api.keyed import KeyedView
from crossings.api.operations import CURSOR, ENDPOINT, POSITION, TELLING, acts, asks, count, writes
from crossings.api.parameters import Parameters
from crossings.api.parsing import read_json
from crossings.api.problems import Problem
from crossings.api.public import NOT_KEPT, bare
from crossings.api.writes import answer
from crossings.board.paging import cursor_of, read_id
from crossings.domain.faults import Fault, Refused
from crossings.domain.vocabulary import Scope
from crossings.models import ApiKey, Delivery, Endpoint
from crossings.serializers import Json
from crossings.webhooks.sign import MOST_OLD

MOST_ENDPOINTS = 20
"""Of one key."""
MOST_BYTES = 65_536
MOST_DELIVERIES = 200
HELD = "Our staff paused this endpoint"


class EndpointView(KeyedView):
    permission_classes = [requires(Scope.WEBHOOK)]

    @property
    def key(self) -> ApiKey:
        assert isinstance(self.request.auth, ApiKey)
        return self.request.auth

    def mine(self, number: int) -> Endpoint:
        rows = Endpoint.objects.exclude(state=Endpoint.State.OFF)
        return webhooks.with_waiting(rows).get(pk=number, key=self.key)

    def locked(self, number: int) -> Endpoint:
        """As it stands now, in a transaction: taken away meanwhile, it is not there."""
        rows = Endpoint.objects.select_for_update(no_key=True).exclude(state=Endpoint.State.OFF)
        return rows.get(pk=number, key=self.key)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, webhooks.AskedTooOften):
            fault = Fault("", "too_many_challenges", str(exc))
            exc = Problem("too-many-requests", str(exc), [fault], headers={"Retry-After": str(exc.wait)})
        elif isinstance(exc, webhooks.HeldByStaff):
            detail = f"{exc} Only our staff take it up again."
            exc = Problem("conflict", detail, [Fault("", "paused_by_staff", detail)], more={"title": HELD})
        return super().handle_exception(exc)

    def shown(self, number: int, status: int = 200, **more: Any) -> HttpResponse:
        return answer(status, {**endpoint_json(self.mine(number)), **more})


class Webhooks(EndpointView):
    http_method_names = ["get", "head", "post"]

    @asks("list_webhooks", "The endpoints of this key", "Webhooks", tag=TELLING)
    def get(self, request: Request) -> HttpResponse:
        rows = webhooks.with_waiting(Endpoint.objects.filter(key=self.key).exclude(state=Endpoint.State.OFF))
        return answer(200, {"webhooks": [endpoint_json(row) for row in rows.order_by("pk")]})

    @writes(
        "make_webhook",
        "Be told of changes at an address",
        "WebhookSent",
        {201: ("WebhookMade", "Made. It is sent a challenge at once, and told of changes when it has answered.")},
        tag=TELLING,
        about=f"At most {MOST_ENDPOINTS} a key, and {webhooks.MOST_OF_A_KEY} challenges an hour. An empty list chooses "
        "everything.",
    )
    def post(self, request: Request) -> HttpResponse:
        given, now = read_endpoint(read_json(request, MOST_BYTES), new=True), timezone.now()
        with transaction.atomic():
            # One after the other, so that two at once are counted.
            ApiKey.objects.select_for_update(no_key=True).get(pk=self.key.pk)
            if Endpoint.objects.filter(key=self.key).exclude(state=Endpoint.State.OFF).count() >= MOST_ENDPOINTS:
                detail = f"A key has {MOST_ENDPOINTS} endpoints at most: change or delete one of them."
                raise Refused.one("", "too_many_endpoints", detail)
            made = webhooks.made(Endpoint(key=self.key, **given), now)
        return self.shown(made.pk, 201, secret=made.secret)


class Webhook(EndpointView):
    http_method_names = ["get", "head", "patch", "delete"]

    @asks("get_webhook", "One endpoint", "Webhook", ENDPOINT, tag=TELLING)
    def get(self, request: Request, number: int) -> HttpResponse:
        return self.shown(number)

    @writes(
        "change_webhook",
        "Choose anew, or move it to another address",
        "WebhookChanged",
        {200: ("Webhook", "Changed.")},
        ENDPOINT,
        kept=False,
        tag=TELLING,
        conflict="Paused by our staff it cannot be moved; the problem gives their reason.",
        about="What is left out stays. Another address has to answer a challenge first; what changes meanwhile waits.",
    )
    def patch(self, request: Request, number: int) -> HttpResponse:
        # The body may take its time to come: the row is looked at after it.
        given = read_endpoint(read_json(request, MOST_BYTES), new=False)
        with transaction.atomic():
            webhooks.change(self.locked(number), given, timezone.now())
        return self.shown(number)

    @acts("delete_webhook", "Be told no more", 204, "", "Nothing more is sent.", ENDPOINT)
    def delete(self, request: Request, number: int) -> HttpResponse:
        with transaction.atomic():
            webhooks.switch_off(self.locked(number), timezone.now())
        return bare(204, {"Cache-Control": NOT_KEPT})


class ActView(EndpointView):
    http_method_names = ["post"]


class Rotation(ActView):
    @acts(
        "rotate_webhook",
        "A new secret",
        200,
        "WebhookMade",
        "Made. Both secrets sign for a day.",
        ENDPOINT,
        about="Rotated again within that day, all of them sign, each for a day after it was replaced; of more than "
        f"{MOST_OLD} old ones the oldest ends early.",
    )
    def post(self, request: Request, number: int) -> HttpResponse:
        with transaction.atomic():
            endpoint = self.locked(number)
            webhooks.rotate(endpoint, timezone.now())
        return self.shown(number, secret=endpoint.secret)


class Challenge(ActView):
    @acts(
        "challenge_webhook",
        "Send the challenge again",
        202,
        "Webhook",
        "It is sent within seconds; `state` and `detail` tell what came of it.",
        ENDPOINT,
        about="Answer 2xx with the value of `challenge` in the body. One that is proven is not asked again. A key has "
        f"{webhooks.MOST_OF_A_KEY} challenges sent an hour at most, and a host one in 10 seconds: the next ones wait.",
    )
    def post(self, request: Request, number: int) -> HttpResponse:
        with transaction.atomic():
            endpoint = self.locked(number)
            if endpoint.state == Endpoint.State.UNPROVEN and endpoint.challenge_at is None:
                webhooks.ask_again(endpoint, timezone.now())
        return self.shown(number, 202)


class Resumption(ActView):
    @acts(
        "resume_webhook",
        "Take it up again",
        200,
        "Webhook",
        "What waits is sent at once, in order.",
        ENDPOINT,
        about="After a pause or a 410; also ends a rest. What our staff paused only they take up again: 409.",
    )
    def post(self, request: Request, number: int) -> HttpResponse:
        with transaction.atomic():
            if not webhooks.take_up(self.locked(number), timezone.now()):
                raise Refused.one("", "not_proven", "It has to answer its challenge first: POST challenge/.")
        return self.shown(number)


class Deliveries(EndpointView):
    http_method_names = ["get", "head"]

    @asks(
        "list_deliveries",
        "What an endpoint was to be told, the last first",
        "WebhookDeliveries",
        ENDPOINT,
        CURSOR,
        count(50, MOST_DELIVERIES),
        tag=TELLING,
        about="Kept for 30 days; what waits, for 7.",
    )
    def get(self, request: Request, number: int) -> HttpResponse:
        query = Parameters(request._request)
        cursor, limit = query.raw("cursor"), query.number("limit", 50, 1, MOST_DELIVERIES)
        try:
            query.check()
            rows = Delivery.objects.filter(endpoint=self.mine(number)).order_by("-change")
            if cursor:
                rows = rows.filter(change__lt=read_id(cursor))
        except Refused as refused:
            raise Problem.of_parameters(refused) from None
        found = list(rows.select_related("change__crossing").prefetch_related("tries")[: limit + 1])
        following = cursor_of(found[limit - 1].change_id) if len(found) > limit else None
        content: Json = {"deliveries": [delivery_json(row) for row in found[:limit]]}
        return answer(200, {**content, "next": query.next_url(following)})


class Redelivery(ActView):
    @acts(
        "redeliver",
        "Send it once more",
        202,
        "WebhookDelivery",
        "It is sent within seconds, under the same id.",
        ENDPOINT,
        POSITION,
    )
    def post(self, request: Request, number: int, position: int) -> HttpResponse:
        now: datetime = timezone.now()
        rows = Delivery.objects.select_related("change__crossing").prefetch_related("tries")
        delivery = rows.get(endpoint=self.mine(number), change=position)
        webhooks.again(delivery, now)
        return answer(202, delivery_json(rows.get(pk=delivery.pk)))
