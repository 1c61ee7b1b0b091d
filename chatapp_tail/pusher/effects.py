"""What a session asks its driver to do, or reports to it. Values only."""

from typing import NamedTuple

from chatapp_tail.pusher.protocol import CloseAction, PusherEvent


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
