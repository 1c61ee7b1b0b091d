"""What a transport, a session and their driver pass to each other."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple, Protocol

from chatapp_tail.pusher.protocol import CloseAction, PusherEvent
from chatapp_tail.wakeup import HasFileno

# From a transport to a session


class Signal(Enum):
    """What a read can bring besides text and the end: a control frame, a part of a message."""

    ALIVE = auto()
    PIECE = auto()


class Closed(NamedTuple):
    """The end of the connection; ``code`` is None when there was no close frame."""

    code: int | None
    reason: str


# A message, text or binary, as its bytes; or what else a read can bring.
Received = bytes | Signal | Closed


class Transport(HasFileno, Protocol):
    """An open websocket, as the tail needs it."""

    def receive(self) -> Sequence[Received]:
        """Return what has arrived, in order, without waiting; empty if nothing has.

        It may be only a part of what is there, so that a flood leaves time for other work.
        """
        ...

    def send_text(self, text: str) -> None:
        """Send one text message without waiting. If that fails, ``receive`` returns Closed.

        What has arrived is returned before that: it may say why the connection ended.
        """
        ...

    def close(self) -> None:
        """Send a close frame if possible and free the socket. Never raises."""
        ...


# From a session to its driver


class SendText(NamedTuple):
    """Send this text message now."""

    text: str


class Authorize(NamedTuple):
    """Get a signature for ``channel`` on this ``socket_id``; answer by receive_authorization."""

    socket_id: str
    channel: str


class Connected(NamedTuple):
    """The handshake is done; the server closes silent connections after ``activity_timeout`` s."""

    socket_id: str
    activity_timeout: float


class Subscribed(NamedTuple):
    """The server confirmed the subscription."""

    channel: str


class Refused(NamedTuple):
    """The channel was refused on this connection; ``status`` is HTTP's or the server's code."""

    channel: str
    reason: str
    status: int | None


class Postponed(NamedTuple):
    """No authorization or no answer yet; tried again in ``delay`` seconds. ``attempt`` from 1."""

    channel: str
    reason: str
    delay: float
    attempt: int


class ServerError(NamedTuple):
    """The server complained, but the connection goes on."""

    code: int | None
    message: str


class Disconnect(NamedTuple):
    """The connection is over: close it and do ``action``, after at least ``at_least`` seconds."""

    action: CloseAction
    at_least: float
    reason: str
    hint: str = ""


Reaction = (
    SendText | Authorize | Connected | Subscribed | Refused | Postponed | ServerError | Disconnect
)
# An event is shown to the user; a reaction is carried out.
Effect = PusherEvent | Reaction
