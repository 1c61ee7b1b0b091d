"""The dependencies of an examination, and its time limits."""

from dataclasses import dataclass, field
from typing import NamedTuple

from chatapp_tail.api import ANSWER_TIMEOUT
from chatapp_tail.clock import Clock
from chatapp_tail.output.status import Status
from chatapp_tail.pusher.session import SessionTimeouts
from chatapp_tail.settings import DEFAULT_CONNECT_TIMEOUT
from chatapp_tail.wakeup import Wakeup


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. ``connect`` and ``answer`` are for one silence, ``step`` for a step as a whole.

    The channels together get ``channels`` and ``each_channel`` for each of them: a server that
    answers to none of five hundred subscriptions would take an hour and a half.
    """

    connect: float = DEFAULT_CONNECT_TIMEOUT
    answer: float = ANSWER_TIMEOUT
    step: float = 30.0
    channels: float = 30.0
    each_channel: float = 0.5
    session: SessionTimeouts = field(default_factory=SessionTimeouts)


class Dependencies(NamedTuple):
    """Made by the caller. ``status`` shows the frames with -vv and knows what is to be hidden.

    Signals must write to ``wakeup``; otherwise one that comes just before a wait would not end it.
    """

    clock: Clock
    status: Status
    wakeup: Wakeup
    limits: Limits = Limits()
