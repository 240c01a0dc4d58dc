from dataclasses import dataclass

from crossings.domain.vocabulary import Word


class Outcome(Word):
    """What came of one item."""

    RECORDED = "recorded"
    SAME = "same", "the same again"
    CONFIRMED = "confirmed", "repeats what the source said: confirmed"
    DRAFT = "draft", "held as a draft"
    CONFLICT = "conflict", "the same id with other content"
    NOTED = "noted", "repeats what was retracted or rejected: noted only"


@dataclass(slots=True)
class Result:
    outcome: Outcome
    report: int | None = None
    reading: int | None = None
    draft: int | None = None
    detail: str = ""
