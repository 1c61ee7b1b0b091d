"""Recorded lines that are passed on as they are, because nobody looks at their data.

msgspec reads a line by the type below, and makes nothing of what is in ``data`` and ``meta``.
"""

from typing import Annotated, Literal

import msgspec

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.chatapp.record import iso_utc
from chatapp_tail.recording.line import BadLineError, parse_instant

_FromZero = Annotated[int, msgspec.Meta(ge=0)]
_FromOne = Annotated[int, msgspec.Meta(ge=1)]
_Flag = bool | msgspec.UnsetType


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    """A record, its keys in the order in which this program writes them."""

    v: Literal[1]
    kind: Literal["event"]
    seq: _FromZero
    received_at: str
    occurred_at: str | None
    event: str
    channel: str | None
    scope: str | None
    license: int | None
    messenger: str | None
    company: int | None
    user: int | None
    index: _FromZero
    count: _FromOne
    data: msgspec.Raw
    meta: msgspec.Raw
    malformed: _Flag = msgspec.UNSET
    backfill: _Flag = msgspec.UNSET


_DECODER = msgspec.json.Decoder(_Record)
_ENCODER = msgspec.json.Encoder()


def is_own(line: bytes) -> bool:
    """Return whether ``line``, newline included, is a record as this program writes it.

    Its data and meta are any JSON that can't act on a terminal, however it is written. A line that
    isn't may be a record all the same.
    """
    try:
        record = _DECODER.decode(line)
        if _ENCODER.encode(record) + b"\n" != line or not jsontext.is_safe_line(line):
            return False
        times = [("received_at", record.received_at), ("occurred_at", record.occurred_at)]
        has_own_times = all(
            text is None or iso_utc(parse_instant(key, text)) == text for key, text in times
        )
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, BadLineError):
        return False
    scope = None if record.channel is None else parse_name(record.channel).scope
    has_own_flags = record.malformed is not False and record.backfill is not False
    return has_own_times and has_own_flags and record.scope == scope
