"""What the blaster sends, made beforehand so that sending is all that is left to do. Pure."""

import base64
import hashlib
import struct
from collections.abc import Mapping

import orjson

from chatapp_tail.chatapp.events import samples

# Events that are sent in one piece; the number of the piece is filled in last.
BLOCK = 1000

_TEXT = 0x81
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
# An id of ten digits: a one, the number of the block (six), the event's place in it (three).
_ID = 1_987_654_321
_BLOCK_NUMBER = b"######"


class Blocks:
    """The page's ``message`` sample, once for each id, in frames of a server.

    Every frame is as long as the next, and the ids rise from 1,000,000,000 by one.
    """

    def __init__(self, channel: str) -> None:
        before, after = encode_event(message(_ID), channel).split(b"%d" % _ID)
        payloads = (b"1".join((before, _BLOCK_NUMBER)) + b"%03d" % n + after for n in range(BLOCK))
        frames = [encode_text(payload) for payload in payloads]
        self.event_size = len(frames[0])
        self._block = b"".join(frames)

    def block(self, number: int) -> bytes:
        """Return the ``BLOCK`` events of block ``number``, from 0 to 999,999."""
        return self._block.replace(_BLOCK_NUMBER, b"%06d" % number)

    def event(self, index: int) -> bytes:
        """Return one event, the ``index``-th of all."""
        number, place = divmod(index, BLOCK)
        start = place * self.event_size
        one = self._block[start : start + self.event_size]
        return one.replace(_BLOCK_NUMBER, b"%06d" % number)


def message(message_id: int) -> Mapping[str, object]:
    """Return the page's ``message`` object with an id of its own, wrapped as on the wire."""
    (sample,) = samples("message")
    items = sample["data"]
    assert isinstance(items, list)  # noqa: S101 (the package's own sample)
    payload = {**sample, "data": [{**items[0], "id": message_id}]}
    return {"queue": "message.1229.telegram", "payload": payload}


def encode_event(data: object, channel: str, event: str = "message") -> bytes:
    """Return an envelope of the Pusher protocol, its ``data`` encoded twice."""
    twice = orjson.dumps(data).decode()
    return orjson.dumps({"event": event, "channel": channel, "data": twice})


def encode_text(payload: bytes) -> bytes:
    """Return one unmasked text frame of up to 64 KiB, as servers send it."""
    if len(payload) < 126:
        return struct.pack("!BB", _TEXT, len(payload)) + payload
    return struct.pack("!BBH", _TEXT, 126, len(payload)) + payload


def accept_key(key: str) -> str:
    """Return the ``Sec-WebSocket-Accept`` for a client's ``Sec-WebSocket-Key``."""
    return base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode()).digest()).decode()  # noqa: S324
