"""What the front page of the desk needs."""

from django import template
from django.template import Context
from django.utils import timezone

from crossings.admin.waiting import Waits, waiting

register = template.Library()


@register.simple_tag(takes_context=True)
def what_waits(context: Context) -> list[Waits]:
    return list(waiting(context["request"], timezone.now()))
