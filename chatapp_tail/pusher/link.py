"""An open websocket as the tail needs it, and what comes out of it."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple, Protocol

from chatapp_tail.wakeup import HasFileno


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
