"""The whole answer for one lane: what it is, how it stands, how fresh that is and who says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from crossings.domain.vocabulary import Confidence, SourceKind, State
from crossings.evidence.recent import Claimed
from crossings.phrases import words
from crossings.phrases.text import apart, capital, listed, spaced
from crossings.phrases.times import Clock

Json = dict[str, Any]
OFFICIAL = (SourceKind.AUTHORITY, SourceKind.STAFF)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`what` and `how` are taken in at a glance: "Goods trucks to Pakistan:" "closed by Pakistan". `joint` ends `how`
    where what follows is not said of it."""

    what: str
    how: str
    joint: str
    rest: str

    @property
    def text(self) -> str:
        return spaced(self.what, self.how + self.joint, self.rest)


def sentence(lane: Json, clock: Clock, speakers: Sequence[str] = ()) -> Sentence:
    """ "Goods trucks to Pakistan: closed by Pakistan since Sunday 19 Feb 2023; confirmed 3 hours ago by Dawn." """
    what = capital(spaced(words.traffic_named([lane["traffic"]]), words.directions_named([lane["to"]])))
    told, how = words.standing_parts(lane, clock), words.standing(lane, clock)
    lead, parts = told.lead, [told.tail, told.why, trust(lane, clock, speakers)]
    if words.mark(lane) == words.SHUT:
        lead = words.shut_word(lane, clock)
        within = gettext("within its hours %(standing)s") % {"standing": how}
        parts = ["", words.opens_next(lane, clock), within, parts[-1]]
    elif words.shut_at_this_hour(lane) and lane["state"] in (State.OPEN, State.RESTRICTED):
        parts.append(words.hours_now(lane, clock))
    rest = gettext("; ").join(part for part in parts if part)
    joint = gettext(";") if rest and not parts[0] else ""
    end = gettext(".")
    return Sentence(gettext("%(what)s:") % {"what": what}, lead, joint if rest else end, rest + end if rest else "")


def trust(lane: Json, clock: Clock, speakers: Sequence[str] = ()) -> str:
    """How fresh it is and who says so: "confirmed 3 hours ago by Dawn"."""
    single = lane["confidence"] == Confidence.SINGLE
    fresh = words.freshness(lane, clock, one_each=single and len(speakers) > 1)
    heard = lane["confidence"] != Confidence.ASSUMED and lane["confirmed_at"] is not None
    if not (fresh and speakers and heard):
        return fresh
    unsure_open = words.says_open(lane) and not words.sure(lane)
    form = gettext("%(fresh)s by %(who)s")
    if single or words.heard_earlier(lane) or unsure_open:
        form = gettext("%(fresh)s (%(who)s)")
    names = [apart(label) for label in speakers[:2]]
    if len(speakers) > 2:
        names.append(gettext("others"))
    return form % {"fresh": fresh, "who": listed(names)}


def speakers(lane: Json, sources: Sequence[Json], claims: Mapping[int, Claimed] | None = None) -> list[str]:
    """The labels of those on whom the lane rests, the last heard first; nobody where that cannot be told.

    Those whose claims say otherwise rule another gate and not the lane. A lane told of by one source rests on that
    one, whoever else has a word in it.
    """
    if "reports" not in lane:
        labels = list(dict.fromkeys(each["label"] for each in sources))
        return labels if len(labels) == 1 else []
    found = [each for each in sources if each["report"] in lane["reports"]]
    if claims is not None:
        key = lane["traffic"], lane["to"]
        saying = [
            each
            for each in found
            if each["report"] in claims and claims[each["report"]].states.get(key) == lane["state"]
        ]
        found = saying or found
    if lane["confidence"] == Confidence.SINGLE:
        found = [each for each in found if each["kind"] not in OFFICIAL] or found
        if lane["state"] != State.OPEN:
            found = found[:1]  # one gate is enough to close or restrict: it rests on what was heard last
        if claims is None and len({each["label"] for each in found}) > 1:
            return []
    return list(dict.fromkeys(each["label"] for each in found))
