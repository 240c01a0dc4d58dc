"""What the templates need to set words, times and marks."""

from collections.abc import Iterable

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from crossings.phrases.days import Strip
from crossings.phrases.story import Voice
from crossings.phrases.text import FSI, PDI
from crossings.phrases.times import Stamped
from crossings.web import chart, style

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


@register.filter
def voice(given: Voice) -> SafeString:
    """A source's label, linked to where it said so."""
    if not given.url:
        return bidi(given.label)
    return format_html('<a href="{}" rel="noreferrer nofollow">{}</a>', given.url, bidi(given.label))


@register.filter
def voices(given: Iterable[Voice]) -> SafeString:
    return format_html_join(gettext(", "), "{}", ((voice(each),) for each in given))


@register.simple_tag
def strip_svg(strip: Strip) -> SafeString:
    return chart.strip_svg(strip)


@register.simple_tag
def stylesheet(*own: str) -> SafeString:
    """The site's sheet, and after it those of the page's own that are named."""
    return mark_safe("".join(f"<style>{style.CSS[name]}</style>" for name in ("site", *own)))
