"""Being told of changes by Standard Webhooks: queue, sign, deliver.

What waits stands in the database; a lost bell, a killed worker or a dead receiver only delays it. A message may come
twice, always under the same id.
"""

from crossings.webhooks.deliver import TURN, deliver_due
from crossings.webhooks.endpoints import (
    DUE,
    again,
    ask_again,
    entitled,
    forget_old,
    made,
    pause,
    rotate,
    switch_off,
    take_up,
    tell_owners,
    with_waiting,
)
from crossings.webhooks.queue import queue
from crossings.webhooks.sign import id_of

__all__ = [
    "DUE",
    "TURN",
    "again",
    "ask_again",
    "deliver_due",
    "entitled",
    "forget_old",
    "id_of",
    "made",
    "pause",
    "queue",
    "rotate",
    "switch_off",
    "take_up",
    "tell_owners",
    "with_waiting",
]
