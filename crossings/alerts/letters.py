"""The words of the letters: plain text, in the reader's language, made from what holds when they are sent.

They name who says so and how fresh it is, never tell anybody to set out, and say "open" only of what is sure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_bidi, gettext, ngettext

from crossings.domain.alerting import sure, tighter
from crossings.domain.claims import stamp
from crossings.domain.vocabulary import Reason, State
from crossings.evidence.recent import claims
from crossings.models import Crossing, Subscription
from crossings.phrases import words
from crossings.phrases.conditions import EXCEPT, terms
from crossings.phrases.labels import label
from crossings.phrases.lanes import ordered
from crossings.phrases.names import own_name
from crossings.phrases.queues import brief_count, waiting, waiting_somewhere
from crossings.phrases.sentences import sentence, speakers
from crossings.phrases.short import brief, one_line, told
from crossings.phrases.story import announcement, carried, voice
from crossings.phrases.text import apart, capital, listed, plain, spaced
from crossings.phrases.times import Clock

Json = dict[str, Any]

RLM = "\u200f"
LONGEST_SUBJECT = 150
VOICES = 4


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """A lane as it stands, what its reader was told last, and how often it changed since the last letter."""

    lane: Json
    told: State
    changes: int

    @property
    def state(self) -> State:
        return State(self.lane["state"])

    @property
    def name(self) -> tuple[str, str]:
        return self.lane["traffic"], self.lane["to"]

    @property
    def tighter(self) -> bool:
        return tighter(self.told, self.state)

    @property
    def other_terms(self) -> bool:
        """Whether it is the conditions that changed."""
        return self.state is self.told


@dataclass(frozen=True, slots=True)
class News:
    """What one letter tells of one crossing: lanes, and reports of announced closings by their ids. `unsettled` are
    lanes that changed and are told of later."""

    crossing: Crossing
    found: Json
    items: Sequence[Item]
    announced: Sequence[int] = ()
    unsettled: frozenset[tuple[str, str]] = frozenset()

    def closings(self) -> list[Json]:
        return [each for each in self.found["status"]["announced"] if each["report"] in self.announced]


def link_letter(to: Subscription, found: Json, now: datetime) -> Letter:
    """The letter with the link to confirm by; to a subscriber that one to leave by."""
    with translation.override(to.language):
        name = one_line(own_name({"name": to.crossing.name, "names": to.crossing.names})[1])
        wish = [gettext("Letters when this changes:"), _of(name, chosen(to)), stands_now(to, found, now)]
        if to.confirmed_at:
            subject = gettext("%(name)s: you are told of changes already")
            lines = [*wish, "", gettext("You confirmed this earlier. To be told no more, open this page:"), address(to)]
        else:
            subject = gettext("%(name)s: confirm that you want letters")
            ask = gettext("Somebody asked for this with your address. If it was you, open this page and confirm:")
            rest = gettext("If it was not you, do nothing: your address is forgotten after two days.")
            lines = [*wish, "", ask, address(to), "", rest]
        return _letter(to, subject % {"name": name}, lines, f"link-{stamp(to.asked_at)}")


def news_letter(to: Subscription, news: News, now: datetime) -> Letter:
    with translation.override(to.language):
        place = news.crossing
        clock = Clock(now, (place.timezone_a, place.timezone_b))
        name = one_line(own_name(news.found)[1])
        lines = [name, ""]
        for group in _alike(to, news, clock):
            lines += [*group, ""]
        for said in news.closings():
            lines += [*_announced(said, news, clock), ""]
        rest = _rest(to, news, clock)
        lines += [*rest, ""] if rest else []
        lines += [*_reason(news), gettext("As of %(when)s") % {"when": clock.when(now)}, _page(place), ""]
        lines += [gettext("What sources report, not permission to cross. Times are local; nothing here says whether a "
                          "road is safe."), ""]  # fmt: skip
        lines += [gettext("You asked for letters when this changes:"), _of(name, chosen(to))]
        lines += [gettext("To be told no more, open this page:"), address(to)]
        told_of = [(*item.name, item.state.value, item.changes) for item in news.items]
        return _letter(to, _subject(name, news, clock), lines, repr([told_of, news.announced, news.found["position"]]))


def chosen(to: Subscription) -> str:
    """The lanes that were asked for: "goods trucks to Pakistan"."""
    lanes = [(traffic.value, way) for traffic, way in to.crossing.border().lanes]
    return words.lanes_named([lane for lane in lanes if _wants(to, *lane)], carried=lanes)


def _wants(to: Subscription, traffic: str, way: str) -> bool:
    return to.traffic in ("", traffic) and to.to in ("", way)


def stands_now(to: Subscription, found: Json, now: datetime) -> str:
    """How the lanes that were asked for stand, as short as can be told."""
    clock = Clock(now, (to.crossing.timezone_a, to.crossing.timezone_b))
    lanes = [lane for lane in ordered(found["status"]["lanes"]) if _wants(to, lane["traffic"], lane["to"])]
    said = {"told": told(lanes, found, lambda lane: brief(lane, clock)), "when": clock.when(now)}
    return gettext("Now (%(when)s): %(told)s.") % said


def _of(name: str, words_: str) -> str:
    return spaced(gettext("%(what)s:") % {"what": name}, words_)


def address(to: Subscription, name: str = "subscription") -> str:
    return settings.ADDRESS + reverse(f"web:{name}", args=[to.token])


def _page(crossing: Crossing) -> str:
    return settings.ADDRESS + reverse("web:crossing", args=[crossing.slug])


def _letter(to: Subscription, subject: str, lines: Sequence[str], content: str) -> Letter:
    """The same content makes the same Message-ID: who gets a letter twice may be spared the second."""
    made_of = hashlib.sha256(f"{to.token_hash} {content}".encode()).hexdigest()[:32]
    headers = {
        "Content-Language": translation.get_language() or "en",
        "Auto-Submitted": "auto-generated",
        "Message-ID": f"<{made_of}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>",
    }
    if to.confirmed_at:
        headers["List-Unsubscribe"] = f"<{address(to, 'leave')}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    rtl = get_language_bidi()
    text = "\n".join(_set(line, rtl) for line in lines)
    subject = one_line(plain(subject))
    subject = subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1] + "…"
    return Letter(RLM + subject if rtl else subject, text + "\n", headers)


def _set(line: str, rtl: bool) -> str:
    """An address stands alone in its line, or it would fall apart among words from right to left."""
    if not line or line.startswith(settings.ADDRESS):
        return line
    return RLM + line if rtl else plain(line)


def _subject(name: str, news: News, clock: Clock) -> str:
    if not news.items:
        said = [announcement(each, news.found, clock) for each in news.closings()[:1]]
        ordered_ = any(each.ordered for each in said)
        form = gettext("%(name)s: ordered: %(words)s") if ordered_ else gettext("%(name)s: announced: %(words)s")
        return form % {"name": name, "words": "".join(each.words for each in said)}
    by_lane = {item.name: item for item in news.items}

    def say(lane: Json) -> str:
        return _brief(by_lane[lane["traffic"], lane["to"]], clock)

    return gettext("%(name)s: %(told)s") % {
        "name": name,
        "told": told([item.lane for item in news.items], news.found, say),
    }


def _brief(item: Item, clock: Clock) -> str:
    lane, confirmed = item.lane, sure(item.lane)
    if item.other_terms:
        now = spaced(words.word(lane, clock), words.more(lane, clock))
        return gettext("conditions changed: %(event)s") % {"event": now}
    if item.state is State.CLOSED:
        return words.word(lane, clock)
    if item.state is State.UNKNOWN:
        return gettext("no longer known to be open") if item.tighter else gettext("not known")
    if item.state is State.OPEN:
        return gettext("reported open, confirmed") if confirmed else gettext("reported open, not confirmed")
    word = gettext("closed except…") if terms(lane).kind == EXCEPT else gettext("on conditions")
    return word if confirmed or item.tighter else gettext("%(word)s, not confirmed") % {"word": word}


def _alike(to: Subscription, news: News, clock: Clock) -> list[list[str]]:
    """A few lines on each group of lanes that read alike, the stricter first."""
    said = claims(news.crossing.pk, [each["report"] for each in news.found["status"]["sources"]], clock.now, clock.now,
                  clock.now)  # fmt: skip
    groups: dict[tuple[str, str, bool], list[Item]] = {}
    for item in sorted(
        news.items,
        key=lambda each: (not each.tighter, not each.other_terms, words.TRAFFIC_ORDER.index(each.lane["traffic"])),
    ):
        voices = speakers(item.lane, news.found["status"]["sources"], said)
        read = sentence(item.lane, clock, voices)
        known = bool(voices) or item.state is State.UNKNOWN
        groups.setdefault((_lead(item), spaced(read.how + read.joint, read.rest), known), []).append(item)
    found = []
    for (lead, text, known), items in groups.items():
        voices_ = [] if known else _voices(items, news, clock)
        found.append([*_standing(lead, text, items, news), *voices_, *_more(to, items, news, clock)])
    return found


def _lead(item: Item) -> str:
    """What kind of news it is, where the state alone does not tell."""
    if item.other_terms:
        return gettext("The conditions changed.")
    if item.tighter:
        return gettext("No longer known to be open.") if item.state is State.UNKNOWN else ""
    if item.state is State.UNKNOWN:
        return gettext("No longer known to be closed; nobody has confirmed that it opened.")
    if words.says_open(item.lane):
        return gettext("Reported open, confirmed.") if sure(item.lane) else gettext("Reported open, not confirmed.")
    return gettext("Reported eased, confirmed.") if sure(item.lane) else gettext("Reported eased, not confirmed.")


def _standing(lead: str, text: str, items: Sequence[Item], news: News) -> list[str]:
    what = capital(words.lanes_named([item.name for item in items], carried(news.found)))
    lines = [lead] if lead else []
    return [*lines, _of(what, text)]


def _voices(items: Sequence[Item], news: News, clock: Clock) -> list[str]:
    """Everybody on whom it rests, where the sentence could not tell who it is."""
    reports = {report for item in items for report in item.lane.get("reports", [])}
    voices = [voice(each, clock) for each in news.found["status"]["sources"] if each["report"] in reports]
    named = dict.fromkeys(spaced(each.label, f"({each.age})") if each.age else each.label for each in voices)
    return [gettext("Who says so: %(voices)s.") % {"voices": listed(list(named)[:VOICES])}] if named else []


def _more(to: Subscription, items: Sequence[Item], news: News, clock: Clock) -> list[str]:
    """What waits there, and how often it changed."""
    lines = _queues(items, news.found, clock)
    n = max(item.changes for item in items)
    if n > 1:
        if to.told_at:
            form = ngettext(
                "It changed %(n)s time since the last letter.", "It changed %(n)s times since the last letter.", n
            )
        else:
            form = ngettext("It changed %(n)s time since you confirmed that you want letters.",
                            "It changed %(n)s times since you confirmed that you want letters.", n)  # fmt: skip
        lines.append(form % {"n": apart(n)})
    return lines


def _rest(to: Subscription, news: News, clock: Clock) -> list[str]:
    """A line on each group of the other lanes that were asked for: who reads of one may not think that all is told."""
    named = {item.name for item in news.items}
    groups: dict[tuple[bool, str], list[tuple[str, str]]] = {}
    for lane in ordered(news.found["status"]["lanes"]):
        name = lane["traffic"], lane["to"]
        if name not in named and _wants(to, *name):
            read = sentence(lane, clock)
            groups.setdefault((name in news.unsettled, spaced(read.how + read.joint, read.rest)), []).append(name)
    return [
        spaced(
            gettext("Not settled yet:") if unsettled else gettext("Unchanged:"),
            _of(words.lanes_named(lanes, carried(news.found)), text),
        )
        for (unsettled, text), lanes in groups.items()
    ]


def _queues(items: Iterable[Item], found: Json, clock: Clock) -> list[str]:
    by_count: dict[str, list[tuple[str, str]]] = {}
    for item in items:
        counts = waiting(found["queues"], item.lane, found["countries"])
        counts = counts or waiting_somewhere(found["queues"], item.lane["traffic"])
        count = brief_count(counts[0], clock) if counts else gettext("no count in the last three days")
        by_count.setdefault(count, []).append(item.name)
    if len(by_count) == 1:
        return [gettext("Queue: %(count)s.") % {"count": count} for count in by_count]
    form = gettext("Queue, %(lanes)s: %(count)s.")
    return [
        form % {"lanes": words.lanes_named(lanes, carried(found)), "count": count} for count, lanes in by_count.items()
    ]


def _announced(said: Json, news: News, clock: Clock) -> list[str]:
    read = announcement(said, news.found, clock)
    lead = gettext("Ordered:") if read.ordered else gettext("Announced, which opens and closes nothing:")
    due = read.due.words if read.due else gettext("no time named")
    words_ = read.words if read.ordered else gettext("%(words)s, %(age)s") % {"words": read.words, "age": due}
    by = gettext("said by %(who)s, %(when)s") % {"who": read.voice, "when": read.said.words if read.said else ""}
    return [spaced(lead, words_), capital(by)]


def _reason(news: News) -> list[str]:
    held = any(item.lane["held_by"] for item in news.items)
    reason = news.found["status"]["reason"]
    return [spaced(gettext("Reason given:"), label(Reason(reason)) + gettext(".")), ""] if held and reason else []
