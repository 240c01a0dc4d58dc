"""The time zones on both sides of the ports of the US wait-time service."""

from __future__ import annotations

import re

# By the first digits of the port's number: two are the customs district; where one spans zones, four name the port.
CANADA = {
    "01": ("America/New_York", "America/Moncton"),
    "0104": ("America/New_York", "America/Toronto"),  # Jackman, Quebec beyond
    "02": ("America/New_York", "America/Toronto"),
    "07": ("America/New_York", "America/Toronto"),
    "09": ("America/New_York", "America/Toronto"),
    "30": ("America/Los_Angeles", "America/Vancouver"),
    "31": ("America/Anchorage", "America/Whitehorse"),
    "33": ("America/Denver", "America/Edmonton"),
    "3302": ("America/Los_Angeles", "America/Vancouver"),  # Eastport, in the north of Idaho
    "3308": ("America/Los_Angeles", "America/Vancouver"),  # Porthill
    "34": ("America/Chicago", "America/Winnipeg"),
    "36": ("America/Chicago", "America/Winnipeg"),
    "38": ("America/Detroit", "America/Toronto"),
}
MEXICO = {
    "23": ("America/Chicago", "America/Matamoros"),
    "24": ("America/Denver", "America/Ciudad_Juarez"),
    "2403": ("America/Chicago", "America/Ojinaga"),  # Presidio
    "25": ("America/Los_Angeles", "America/Tijuana"),
    "26": ("America/Phoenix", "America/Hermosillo"),
    "53": ("America/Chicago", "America/Matamoros"),
}
ELSEWHERE = {"CA": ("America/New_York", "America/Toronto"), "MX": ("America/Chicago", "America/Matamoros")}


def zones_of(port: str, beyond: str) -> tuple[str, str]:
    """The zones of the US side and of the side beyond; of a port in no known district, those of most ports."""
    known = CANADA if beyond == "CA" else MEXICO
    digits = re.sub(r"\D", "", port)
    return known.get(digits[:4]) or known.get(digits[:2]) or ELSEWHERE[beyond]
