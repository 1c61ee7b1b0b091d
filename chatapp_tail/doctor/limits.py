"""How long an examination waits for what."""

from dataclasses import dataclass, field

from chatapp_tail.api import ANSWER_TIMEOUT
from chatapp_tail.pusher.session import SessionTimeouts
from chatapp_tail.settings import DEFAULT_CONNECT_TIMEOUT


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
