"""POST crossings/{slug}/passage/: would this traveller or load be let through? The same answer as the page gives.

A POST though it stores nothing: who asks, and what for, stands in no address and so in no log on the way.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from crossings.api.keyed import KeyedView
from crossings.api.operations import SLUG, writes
from crossings.api.parsing import read_json
from crossings.api.writes import answer
from crossings.board.passage import passage
from crossings.domain.traveller import asking_from_json
from crossings.models import Crossing

MOST_BYTES = 16_384

ABOUT = (
    "What the sources report comes to for whoever tells this of themselves, now. What is left out was not told and "
    "stays a question; an empty list was told: none of these. A load goes by the cargo lane, a car or bus by that of "
    "vehicles, else people's is meant, unless `traffic` names one. Nothing of it is stored."
)


class Passages(KeyedView):
    http_method_names = ["post"]
    keeps_answers = False  # who asks, and what for, is nobody's to keep

    @writes(
        "ask_passage",
        "Would this traveller or load be let through?",
        "PassageAsked",
        {200: ("Passage", "The answer.")},
        SLUG,
        about=ABOUT,
        kept=False,
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        data = read_json(request, MOST_BYTES)
        crossing = Crossing.objects.get(slug=slug)
        asking = asking_from_json(data, crossing.border())
        return answer(200, passage(crossing, asking, timezone.now()))
