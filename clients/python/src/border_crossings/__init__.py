"""A client of the border-crossing status tracker: who may pass which crossing, and who says so."""

from border_crossings.client import Client
from border_crossings.dump import read_dump
from border_crossings.follow import Follower, Rewound
from border_crossings.http import Problem, Unavailable
from border_crossings.webhooks import NotGenuine, verify

__all__ = ["Client", "Follower", "NotGenuine", "Problem", "Rewound", "Unavailable", "read_dump", "verify"]
