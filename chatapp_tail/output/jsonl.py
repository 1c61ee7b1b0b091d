"""JSON Lines: the record, version 1, or the event's payload as the server sent it."""

from chatapp_tail import jsontext
from chatapp_tail.chatapp.record import Record


class JsonSink:
    """One record a line, each of which parses alone."""

    per_frame = False

    def header(self) -> bytes:
        """Return nothing."""
        return b""

    def render(self, record: Record) -> bytes:
        """Return the record as one line."""
        return record.line()


class RawSink:
    """One event's payload a line: decoded once, wrapper included, whatever it is."""

    per_frame = True

    def header(self) -> bytes:
        """Return nothing."""
        return b""

    def render(self, record: Record) -> bytes:
        """Return the payload of the event that the record came in."""
        return jsontext.dumps(record.envelope.payload) + b"\n"
