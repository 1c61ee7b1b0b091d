"""What all formats have in common: they turn records into lines."""

from typing import Protocol

from chatapp_tail.chatapp.record import Record


class Sink(Protocol):
    """A format. Called in the order of arrival."""

    per_frame: bool
    """True when the unit is the whole event: only its first accepted record is passed on."""

    def header(self) -> bytes:
        """Return what is written once, before everything else; may be empty."""
        ...

    def render(self, record: Record) -> bytes:
        """Return the record as whole lines of UTF-8. Never raises for what a record holds."""
        ...


class NoLines:
    """The format ``browse``: a screen hears of records as a webhook does; nothing is written."""

    per_frame = False

    def header(self) -> bytes:
        """Return nothing."""
        return b""

    def render(self, record: Record) -> bytes:  # noqa: ARG002 (as all formats)
        """Return nothing."""
        return b""
