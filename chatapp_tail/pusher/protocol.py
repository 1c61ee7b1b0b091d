"""Names, close codes and envelopes of the Pusher protocol, version 7. Pure.

Source: the Pusher Channels protocol documentation; where servers differ from it (soketi,
laravel-websockets, Reverb), what they send was measured.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from chatapp_tail import jsontext

PROTOCOL_VERSION = 7

CONNECTION_ESTABLISHED = "pusher:connection_established"
ERROR = "pusher:error"
PING = "pusher:ping"
PONG = "pusher:pong"
SUBSCRIBE = "pusher:subscribe"
SUBSCRIPTION_SUCCEEDED = "pusher_internal:subscription_succeeded"
SUBSCRIPTION_ERROR = "pusher:subscription_error"
PROTOCOL_PREFIXES = ("pusher:", "pusher_internal:")

PING_TEXT = '{"event":"pusher:ping","data":{}}'
PONG_TEXT = '{"event":"pusher:pong","data":{}}'

# Used when the server doesn't name one, in seconds (the protocol's recommendation).
DEFAULT_ACTIVITY_TIMEOUT = 120.0


@dataclass(slots=True)
class PusherEvent:
    """One envelope as it came: ``data`` is a string, an object, a number or None, undecoded.

    Final instead of frozen=True: mypy checks the same, and it is faster to construct.
    """

    event: Final[str]
    channel: Final[str | None]
    data: Final[object]


@dataclass(frozen=True, slots=True)
class Authorization:
    """What lets one socket_id subscribe to one channel. Both fields are kept out of its repr."""

    auth: str = field(repr=False)
    channel_data: str | None = field(default=None, repr=False)


class CloseAction(Enum):
    """What a client does after a close code, or an error in place of the handshake."""

    RECONNECT_NOW = "reconnect at once"
    BACK_OFF = "reconnect after a pause"
    GIVE_UP = "don't reconnect"


class ClosePolicy(NamedTuple):
    """An action, and the least pause before the next connection in seconds."""

    action: CloseAction
    at_least: float = 0.0


# Section "Closing a connection" of the protocol: 4000-4099 must not be retried unchanged,
# 4100-4199 after a second or more, 4200-4299 at once. 4004 (connection quota) passes in practice.
CLOSE_POLICIES: tuple[tuple[range, ClosePolicy], ...] = (
    (range(4004, 4005), ClosePolicy(CloseAction.BACK_OFF, at_least=60.0)),
    (range(4000, 4100), ClosePolicy(CloseAction.GIVE_UP)),
    (range(4100, 4200), ClosePolicy(CloseAction.BACK_OFF, at_least=1.0)),
    (range(4200, 4300), ClosePolicy(CloseAction.RECONNECT_NOW)),
)

CLOSE_HINTS: dict[int, str] = {
    4000: "the server wants TLS: use wss://",
    4001: "the server doesn't know this app key",
    4003: "the app is disabled on the server",
    4004: "the app is over its connection quota",
    4009: "the server refuses this connection",
    4100: "the server is over capacity",
}


def close_policy(code: int | None) -> ClosePolicy:
    """Return what to do after close ``code`` (None: the connection ended without one)."""
    if code is not None:
        for codes, policy in CLOSE_POLICIES:
            if code in codes:
                return policy
    return ClosePolicy(CloseAction.BACK_OFF)


def decode_text(message: bytes) -> str:
    """Decode a message; bytes that aren't UTF-8 survive as lone surrogates, which JSON escapes."""
    return message.decode("utf-8", errors="surrogateescape")


def decode_envelope(message: bytes) -> PusherEvent | None:
    """Parse one websocket text message; None when it isn't a Pusher envelope."""
    try:
        envelope = jsontext.loads_of_any_depth(message)
    except UnicodeDecodeError:
        return decode_envelope(decode_text(message).encode(errors="surrogatepass"))
    except ValueError:
        return None
    if not isinstance(envelope, dict):
        return None
    event, channel, data = envelope.get("event"), envelope.get("channel"), envelope.get("data")
    if event is not None and not isinstance(event, str):
        return None
    if not isinstance(data, str) and jsontext.is_too_deep(data):
        return None
    return PusherEvent(event or "", channel if isinstance(channel, str) else None, data)


def decode_object(data: object) -> dict[str, object]:
    """Return protocol ``data`` as an object, from an object or a string that holds one, else {}."""
    if isinstance(data, str):
        try:
            data = jsontext.loads(data)
        except ValueError:
            return {}
    return data if isinstance(data, dict) else {}


def decode_code(value: object) -> int | None:
    """Return an error code sent as an int or as digits; None for null, missing or anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def subscribe_text(channel: str, authorization: Authorization) -> str:
    """Return the text that subscribes to ``channel``."""
    data = {"channel": channel, "auth": authorization.auth}
    if authorization.channel_data is not None:
        data["channel_data"] = authorization.channel_data
    return jsontext.dumps({"event": SUBSCRIBE, "data": data}).decode()
