"""E-mail alerts: who is told of which change, when, and in which words."""

from crossings.alerts.send import run
from crossings.alerts.subscribe import ask, confirm, forget_unconfirmed, found, leave, usable

__all__ = ["ask", "confirm", "forget_unconfirmed", "found", "leave", "run", "usable"]
