"""The state that a run leaves for the next one, as one line of JSON. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.chatapp.record import iso_utc
from chatapp_tail.chatapp.values import dig

_KIND = "chatapp-tail resume"
_VERSION = 1
# Limit of the channels that are kept; those that were watched longest ago are dropped first.
_MOST_CHANNELS = 5_000
# Limit of the messages that are kept, by their keys in ``Seen``.
MOST_SEEN = 20_000


class State(NamedTuple):
    """How far a run got. Times are the API's.

    ``until`` is the last instant at which each channel, by name, had surely missed nothing;
    ``since`` is when the run began to watch it; ``seen`` are keys of the last messages that were
    shown, the newest last; ``recorded`` are the sizes of recordings then, in bytes by path.
    """

    until: Mapping[str, datetime] = MappingProxyType({})
    seen: tuple[int, ...] = ()
    recorded: Mapping[str, int] = MappingProxyType({})
    since: Mapping[str, datetime] = MappingProxyType({})


def write_state(state: State) -> bytes:
    """Return ``state`` as one line of JSON."""
    newest = sorted(state.until.items(), key=lambda item: item[1])[-_MOST_CHANNELS:]
    return (
        jsontext.dumps(
            {
                "kind": _KIND,
                "v": _VERSION,
                "until": {channel: iso_utc(instant) for channel, instant in newest},
                "seen": state.seen[-MOST_SEEN:],
                "recorded": dict(state.recorded),
                "since": {
                    channel: iso_utc(state.since[channel])
                    for channel, _ in newest
                    if channel in state.since
                },
            }
        )
        + b"\n"
    )


def parse_state(content: bytes) -> State:
    """Return the state in ``content``. Raises ``ValueError`` if it isn't one of this program."""
    value = jsontext.loads(content)
    if dig(value, "kind") != _KIND or dig(value, "v") != _VERSION:
        raise ValueError("not a state of this version")
    until, seen, recorded = (dig(value, key) for key in ("until", "seen", "recorded"))
    if not (isinstance(until, dict) and isinstance(seen, list) and isinstance(recorded, dict)):
        raise ValueError("parts are missing")
    since = dig(value, "since")  # states of the first versions have none
    return State(
        {channel: _instant(text) for channel, text in until.items()},
        tuple(key for key in seen if type(key) is int),
        {path: size for path, size in recorded.items() if type(size) is int and size >= 0},
        {channel: _instant(text) for channel, text in since.items()}
        if isinstance(since, dict)
        else {},
    )


def _instant(text: object) -> datetime:
    instant = datetime.fromisoformat(str(text))
    if instant.tzinfo is None:
        raise ValueError("a time without a zone")
    return instant.astimezone(UTC)
