"""What drafts, and the reports about the same crossing, say: in words, for lists and to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from crossings import drafts
from crossings.admin import wording
from crossings.admin.report import person
from crossings.domain.fields import URL
from crossings.models import Crossing, Draft, Reading, Report

SHORT = 160


@dataclass(frozen=True, slots=True)
class Word:
    """What one source said: a card on the page of a draft. `key` names it to the form by which drafts are merged;
    `holds`: it can be merged with.
    """

    key: str
    title: str
    url: str
    lines: list[str]
    marks: list[str]
    same: bool
    holds: bool = True


def lines_of(draft: Draft) -> list[str]:
    """What it says, in full."""
    if draft.kind != Draft.Kind.ENTRY:
        return wording.drafted(draft)
    return [text for text in (draft.content.get("title", ""), draft.content.get("text", "")) if text]


def lines_beside(draft: Draft) -> list[str]:
    """With its note and when its source said it, to be compared."""
    said = gettext("said on %(when)s") % {"when": when(draft.crossing, drafts.heard(draft))}
    return [line for line in (*lines_of(draft), draft.content.get("note") or "", said) if line]


def in_short(draft: Draft) -> str:
    text = gettext("; ").join(lines_of(draft))
    return text if len(text) <= SHORT or draft.kind != Draft.Kind.ENTRY else text[: SHORT - 1] + "…"


def link(draft: Draft) -> str:
    """Where a text was published; only what a browser may follow."""
    url = str(draft.content.get("url") or "")
    return url if URL.match(url) else ""


def held_because(draft: Draft) -> str:
    why = draft.get_why_display() or gettext("a text: a person reads it")
    return gettext("; ").join(part for part in (why, said_again(draft)) if part)


def said_again(draft: Draft) -> str:
    """How often its source has repeated it, and when it last did."""
    if not draft.repeats:
        return ""
    told = {"n": draft.repeats, "when": when(draft.crossing, draft.repeated_at)}
    form = ngettext(
        "said again %(n)s time, last on %(when)s", "said again %(n)s times, last on %(when)s", draft.repeats
    )
    return form % told


def when(crossing: Crossing | None, at: datetime | None) -> str:
    return wording.when(crossing, at, timezone.now())


def age(draft: Draft) -> str:
    return wording.age(draft.crossing, draft.created_at, timezone.now())


def fate(draft: Draft) -> str:
    """What was decided, by whom and when."""
    if not draft.decided_at:
        return gettext("it waits")
    told = {"what": draft.get_decision_display(), "when": when(draft.crossing, draft.decided_at)}
    if draft.decided_by is None:
        return gettext("taken back by its source on %(when)s") % told
    return gettext("%(what)s on %(when)s by %(who)s") % {**told, "who": person(draft.decided_by)}


def in_hand(draft: Draft, now: datetime) -> str:
    """Who is working on it."""
    assert draft.in_hand_until is not None
    told = {
        "who": person(draft.in_hand_of),
        "age": wording.age(draft.crossing, draft.in_hand_until - drafts.IN_HAND, now),
    }
    return gettext("%(who)s is working on it (%(age)s).") % told


def accepted(
    draft: Draft, row: Report | Reading, now: datetime, done: str = "", *, stays: str = ""
) -> SafeString:  # fmt: skip
    """What came of it, with the way to take it back."""
    said = done or gettext("%(draft)s: Accepted.") % {"draft": draft}
    url = reverse(f"admin:crossings_{row._meta.model_name}_retract", args=[row.pk])
    told = " ".join(part for part in (said, wording.what_became(row, now), stays) if part)
    return format_html('{} <a href="{}" class="undo" data-key="u">{}</a>', told, url, gettext("Undo"))


def words_beside(draft: Draft) -> list[Word]:
    """What other drafts say that say the same, and what was reported about the crossing at that time."""
    others = [_of_draft(other) for other in drafts.near([draft], decided=True)[draft.pk] if not _became_shown(other)]
    return others + [_of_row(draft, row) for row in drafts.around(draft)]


def _became_shown(other: Draft) -> bool:
    """Its report stands among what was reported."""
    return other.decision == Draft.Decision.ACCEPTED


def _of_draft(other: Draft) -> Word:
    title = gettext("%(row)s, %(source)s") % {"row": other, "source": other.source}
    url = reverse("admin:crossings_draft_change", args=[other.pk])
    marks = [gettext("says the same"), fate(other)]
    holds = other.decision != Draft.Decision.REJECTED
    return Word(f"draft-{other.pk}", title, url, lines_beside(other), marks, same=holds, holds=holds)


def _of_row(draft: Draft, row: Report | Reading) -> Word:
    kind = row._meta.model_name or ""
    title = gettext("%(row)s, %(source)s") % {"row": row, "source": row.source}
    url = reverse(f"admin:crossings_{kind}_change", args=[row.pk])
    holds = not hasattr(row, "retraction")
    same = holds and isinstance(row, Report) and drafts.says_the_same(draft, row)
    marks = [gettext("says the same")] if same else []
    if not holds:
        marks.append(gettext("retracted"))
    return Word(f"{kind}-{row.pk}", title, url, _reported(row), marks, same, holds)


def _reported(row: Report | Reading) -> list[str]:
    now = timezone.now()
    if isinstance(row, Reading):
        return [wording.counted(row, now)]
    since = wording.when(row.crossing, row.effective_at, now, row.precision)
    side = gettext("which side acted: %(side)s") % {"side": wording.side_named(row.declared_by)}
    told = [
        *wording.claimed(row.lanes, wording.carried(row.crossing)),
        f"{since}; {side}; {row.get_basis_display()}",
        row.note,
    ]
    said = gettext("said on %(when)s") % {"when": wording.when(row.crossing, row.reported_at, now)}
    return [line for line in (*told, said) if line]
