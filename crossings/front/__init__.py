"""What stands before Django in each web process: public answers are made once per change, not once per request."""

from crossings.front.handler import Front

__all__ = ["Front"]
