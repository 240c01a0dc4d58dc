"""What the templates need to set words, times and marks."""

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from crossings.phrases.text import FSI, PDI
from crossings.phrases.times import Stamped
from crossings.web import style

register = template.Library()


@register.filter
def bidi(text: str) -> SafeString:
    """Escaped, the isolates as <bdi>."""
    escaped = conditional_escape(text)
    return mark_safe(escaped.replace(FSI, "<bdi>").replace(PDI, "</bdi>"))


@register.filter
def clock(stamped: Stamped | None) -> SafeString | str:
    """A <time> with the local times in words and UTC for the machine."""
    if stamped is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', stamped.utc, bidi(stamped.words))


@register.simple_tag
def stylesheet() -> SafeString:
    return mark_safe(f"<style>{style.CSS}</style>")
