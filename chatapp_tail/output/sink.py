"""What a format is, and those that need nothing else: they write what came as JSON."""

from typing import Protocol

from chatapp_tail import jsontext
from chatapp_tail.chatapp.record import Record


class Sink(Protocol):
    """A format. Called in the order of arrival."""

    per_frame: bool = False
    """Whether its unit is the whole event: then only the first accepted record is passed on."""

    def header(self) -> bytes:
        """Return what is written once, before everything else; may be empty."""
        return b""

    def render(self, record: Record) -> bytes:
        """Return the record as whole lines of UTF-8. Never raises for what a record holds."""
        ...


class JsonSink(Sink):
    """JSON Lines: one record a line, each of which parses alone."""

    def render(self, record: Record) -> bytes:
        """Return the record as one line."""
        return record.line()


class KeyedJsonSink(JsonSink):
    """The same records, each with ``idempotency_key`` at its end."""

    def __init__(self) -> None:
        from chatapp_tail.chatapp.fields import idempotency_key  # noqa: PLC0415 (start-up)

        self._key = idempotency_key

    def render(self, record: Record) -> bytes:
        """Return the record and its key as one line."""
        return b'%b,"idempotency_key":"%b"}\n' % (record.line()[:-2], self._key([record]).encode())


class RawSink(Sink):
    """One event's payload a line: decoded once, wrapper included, whatever it is."""

    per_frame = True

    def render(self, record: Record) -> bytes:
        """Return the payload of the event that the record came in."""
        return jsontext.dumps(record.envelope.payload) + b"\n"


class NoSink(Sink):
    """The format ``browse``: the screen is a listener, and nothing is written."""

    def render(self, record: Record) -> bytes:  # noqa: ARG002 (protocol's parameter)
        """Return nothing."""
        return b""
