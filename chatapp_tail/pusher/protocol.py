"""Names, close codes and envelopes of the Pusher protocol, version 7. Pure.

Source: the Pusher Channels protocol documentation; where servers differ from it (soketi,
laravel-websockets, Reverb), what they send was measured.
"""

from enum import Enum
from typing import NamedTuple

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


class PusherEvent(NamedTuple):
    """One envelope as it came: ``data`` is a string, an object, a number or None, undecoded."""

    event: str
    channel: str | None
    data: object


class CloseAction(Enum):
    """What a client does after a close code, or an error in place of the handshake."""

    RECONNECT_NOW = "reconnect at once"
    BACK_OFF = "reconnect after a delay"
    BACK_OFF_LONG = "reconnect after a long delay"
    GIVE_UP = "don't reconnect"


# Section "Closing a connection" of the protocol: 4000-4099 must not be retried unchanged,
# 4100-4199 after a pause, 4200-4299 at once. 4004 (connection quota) passes in practice.
CLOSE_ACTIONS: tuple[tuple[range, CloseAction], ...] = (
    (range(4004, 4005), CloseAction.BACK_OFF_LONG),
    (range(4000, 4100), CloseAction.GIVE_UP),
    (range(4100, 4200), CloseAction.BACK_OFF),
    (range(4200, 4300), CloseAction.RECONNECT_NOW),
)

CLOSE_HINTS: dict[int, str] = {
    4000: "the server wants TLS: use wss:// in --socket-url",
    4001: "the server doesn't know this app key: check --app-key and --socket-url",
    4003: "the app is disabled on the server",
    4004: "the app is over its connection quota",
    4009: "the server refuses this connection",
    4100: "the server is over capacity",
}


def close_action(code: int | None) -> CloseAction:
    """Return what to do after close ``code`` (None: the connection ended without one)."""
    if code is not None:
        for codes, action in CLOSE_ACTIONS:
            if code in codes:
                return action
    return CloseAction.BACK_OFF


def decode_envelope(text: str) -> PusherEvent | None:
    """Parse one websocket text message; None when it isn't a Pusher envelope."""
    try:
        envelope = jsontext.loads(text)
    except ValueError:
        return None
    if not isinstance(envelope, dict):
        return None
    event, channel = envelope.get("event"), envelope.get("channel")
    if event is not None and not isinstance(event, str):
        return None
    return PusherEvent(
        event or "", channel if isinstance(channel, str) else None, envelope.get("data")
    )


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


def subscribe_text(channel: str, auth: str, channel_data: str | None = None) -> str:
    """Return the text that subscribes to ``channel`` with the signature ``auth``."""
    data = {"channel": channel, "auth": auth}
    if channel_data is not None:
        data["channel_data"] = channel_data
    return jsontext.dumps({"event": SUBSCRIBE, "data": data}).decode()
