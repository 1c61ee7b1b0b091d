"""What the tests of this folder share: sinks, streams, a full disk, text without its colours."""

import re
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

import pytest
from hypothesis import strategies as st

from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.chatapp.record import Record
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.row import ChannelLabels, RowMaker
from chatapp_tail.output.table import TableSink
from tests.support.records import (
    STARTED_AT,
    TELEGRAM,
    WHATSAPP,
    WIDTHS,
    hostile_records,
    of_item,
    said,
)

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
Pipe = tuple[FileIO, FileIO]
_SGR = re.compile(r"\x1b\[[0-9;]*m")


def table(
    width: int,
    *,
    full: bool = False,
    color: bool = False,
    show_channel: bool = True,
    show_header: bool = True,
    is_begun: bool = True,
) -> TableSink:
    """Return a table ``width`` wide of two channels, its times in UTC.

    ``is_begun``: the line with the date was written already.
    """
    sink = TableSink(
        RowMaker(TimeFormat.UTC, STARTED_AT, cut=not full),
        width=lambda: width,
        labels=ChannelLabels(map(parse_name, (TELEGRAM, WHATSAPP))) if show_channel else None,
        show_header=show_header,
        full=full,
        color=color,
    )
    if is_begun:
        sink.render(of_item({}, event="first"))
    return sink


def any_records() -> st.SearchStrategy[Record]:
    """Return messages with characters of all widths, and hostile records."""
    text = st.text(WIDTHS + "ab .\n\x1b", max_size=80)
    return st.builds(said, text, text) | hostile_records()


def without_colors(written: bytes) -> str:
    """Return the text without the sequences that set colours, and nothing else."""
    return _SGR.sub("", written.decode())


def controls(text: str) -> str:
    """Return the C0, C1, DEL, bidi and surrogate characters of ``text`` but for newlines."""
    return "".join(
        re.findall(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
            text,
        )
    )


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow over ``size`` bytes.

    As on a full disk, the write that reaches it is cut short, and the next one fails.
    """
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


class MemoryStream:
    """A raw stream in memory, which takes at most ``part`` bytes a call, once ``gate`` is open."""

    def __init__(self, part: int = 1_000_000) -> None:
        self.part = part
        self.gate = threading.Event()
        self.gate.set()
        self.is_busy = threading.Event()
        self.written = b""
        self.calls = 0

    def fileno(self) -> int:
        """Raise: there is no descriptor."""
        raise OSError("in memory")

    def write(self, data: memoryview, /) -> int:
        """Wait for the gate, and take a part."""
        self.is_busy.set()
        assert self.gate.wait(10)
        self.calls += 1
        self.written += bytes(data[: self.part])
        return min(len(data), self.part)


class BrokenStream(MemoryStream):
    """A raw stream that raises ``error`` at each write."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, _: memoryview, /) -> int:
        """Raise the error."""
        raise self._error
