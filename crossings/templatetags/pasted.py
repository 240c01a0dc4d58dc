"""What was read in a pasted text, beside the form that it fills in."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.utils.safestring import SafeString

from crossings import pasting
from crossings.admin import paste_told
from crossings.models import Crossing, Paste

register = template.Library()


@dataclass(frozen=True, slots=True)
class Told:
    """`since`: whether it says since when."""

    marked: SafeString
    lines: list[paste_told.Line]
    since: bool


@register.simple_tag
def pasted_found(paste: Paste, crossing: Crossing) -> Told:
    found = pasting.read(paste.text, paste.pasted_at, crossing)
    since = any(each.field == "when" and each.value for each in found)
    return Told(paste_told.marked(paste.text, found), paste_told.lines(paste.text, found, crossing), since)
