"""Reading the dump of everything public."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator

from border_crossings.types import Json


def read_dump(path: str | os.PathLike[str], *kinds: str) -> Iterator[Json]:
    """Its objects, one after the other, or only those of these kinds: dump, crossing, source, report, reading,
    retraction, period, change. The first, of kind "dump", has the `position` from which to follow on.
    """
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            content: Json = json.loads(line)
            if not kinds or content["kind"] in kinds:
                yield content
