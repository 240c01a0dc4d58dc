"""Being told of changes by Standard Webhooks: queue, sign, deliver.

What waits stands in the database; a lost bell, a killed worker or a dead receiver only delays it. A message may come
twice, always under the same id.
"""

from crossings.webhooks.asking import MOST_OF_A_KEY, AskedTooOften
from crossings.webhooks.deliver import TURN, deliver_due
from crossings.webhooks.endpoints import (
    DUE,
    HeldByStaff,
    again,
    ask_again,
    change,
    entitled,
    forget_old,
    hold,
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
    "MOST_OF_A_KEY",
    "TURN",
    "AskedTooOften",
    "HeldByStaff",
    "again",
    "ask_again",
    "change",
    "deliver_due",
    "entitled",
    "forget_old",
    "hold",
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
