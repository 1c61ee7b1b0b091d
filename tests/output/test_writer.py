import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO, FileIO
from pathlib import Path

import pytest

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.writer import DEFAULT_BUFFER_BYTES, RawStream, Writer
from tests.support.records import of_item
from tests.support.waiting import wait_until

FULL_DISK = Path("/dev/full")


class TextSink:
    """Writes each record's data as a line."""

    per_frame = False

    def header(self) -> bytes:
        return b"header\n"

    def render(self, record: Record) -> bytes:
        return f"{record.data}\n".encode()


class Memory:
    """A raw stream in memory, which takes at most ``part`` bytes a call, once ``gate`` is open."""

    def __init__(self, part: int = 1_000_000) -> None:
        self.part = part
        self.gate = threading.Event()
        self.gate.set()
        self.written = b""
        self.calls = 0

    def fileno(self) -> int:
        raise OSError("in memory")

    def write(self, data: memoryview, /) -> int:
        assert self.gate.wait(5)
        self.calls += 1
        self.written += bytes(data[: self.part])
        return min(len(data), self.part)


class Started:
    """A writer, and whether it has called wake."""

    def __init__(
        self,
        stream: RawStream,
        sink: TextSink | None = None,
        buffer_bytes: int = DEFAULT_BUFFER_BYTES,
    ) -> None:
        self.woken = threading.Event()
        self.writer = Writer(
            sink or TextSink(), stream, wake=self.woken.set, buffer_bytes=buffer_bytes
        )

    def put(self, *texts: str, size: int = 100) -> bool:
        return self.writer.put([of_item(text) for text in texts], size)

    def wait_until_woken(self) -> Writer:
        assert self.woken.wait(5)
        return self.writer

    def finish(self) -> Writer:
        self.writer.finish()
        return self.wait_until_woken()


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def opened_pipe(closing: ExitStack) -> tuple[FileIO, FileIO]:
    """Return both ends of a real pipe, unbuffered."""
    read_end, write_end = os.pipe()
    return (
        closing.enter_context(FileIO(read_end, "rb")),
        closing.enter_context(FileIO(write_end, "wb")),
    )


def test_header_and_records_are_written_in_order() -> None:
    stream = Memory()
    started = Started(stream)
    for number in range(1_000):
        assert started.put(f"{number} a", f"{number} b")
    writer = started.finish()
    lines = [f"{number} {letter}" for number in range(1_000) for letter in "ab"]
    assert stream.written.decode().splitlines() == ["header", *lines]
    assert (writer.finished, writer.ended, writer.unwritten, writer.dropped) == (True, False, 0, 0)


def test_finishing_an_idle_writer_ends_it() -> None:
    stream = Memory()
    assert Started(stream).finish().finished
    assert stream.written == b"header\n"


def test_record_is_written_without_waiting_for_more() -> None:
    stream = Memory()
    started = Started(stream)
    started.put("one")
    wait_until(lambda: stream.written == b"header\none\n", "the record")
    wait_until(lambda: started.writer.unwritten == 0, "the count")
    assert not started.writer.finished
    assert not started.woken.is_set()
    started.finish()


def test_what_waits_is_written_at_once() -> None:
    stream = Memory()
    stream.gate.clear()
    started = Started(stream)
    for number in range(1_000):
        started.put(str(number))
    stream.gate.set()
    started.finish()
    assert stream.calls == 2  # the header, and everything that waited behind it


def test_large_chunks_are_written_before_all_is_rendered() -> None:
    stream = Memory()
    stream.gate.clear()
    started = Started(stream)
    for _ in range(10):
        started.put("x" * 300_000)
    stream.gate.set()
    started.finish()
    assert stream.calls == 11
    assert stream.written.count(b"x") == 3_000_000


def test_stream_that_takes_parts_gets_everything() -> None:
    stream = Memory(part=7)
    started = Started(stream)
    started.put("a" * 100, "b" * 100)
    started.finish()
    assert stream.written == b"header\n" + b"a" * 100 + b"\n" + b"b" * 100 + b"\n"


def test_reader_that_leaves_ends_the_writer_and_wakes_the_main_thread(closing: ExitStack) -> None:
    reader, pipe = opened_pipe(closing)
    started = Started(pipe)
    assert reader.read(7) == b"header\n"
    reader.close()
    started.put("nobody sees it")
    writer = started.wait_until_woken()
    assert (writer.reader_left, writer.ended, writer.finished) == (True, True, True)
    assert (writer.error, writer.unwritten) == (None, 1)


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full")
def test_full_disk_is_an_error_that_wakes_the_main_thread(closing: ExitStack) -> None:
    started = Started(closing.enter_context(FileIO(FULL_DISK, "wb")))
    writer = started.wait_until_woken()
    assert str(writer.error) == "standard output can't be written: No space left on device"
    assert (writer.reader_left, writer.ended, writer.finished) == (False, True, True)


def test_defect_in_a_sink_is_an_error_not_a_dead_thread() -> None:
    class Broken(TextSink):
        def render(self, record: Record) -> bytes:
            raise LookupError(record.data)

    started = Started(Memory(), Broken())
    started.put("record")
    writer = started.wait_until_woken()
    assert str(writer.error) == "unexpected LookupError while writing: record"
    assert writer.unwritten == 1


def test_full_buffer_drops_and_counts_and_keeps_what_it_has() -> None:
    stream = Memory()
    stream.gate.clear()
    started = Started(stream, buffer_bytes=1_000)
    taken = [started.put(f"{number}", f"{number}", size=100) for number in range(15)]
    assert taken == [True] * 10 + [False] * 5
    assert (started.writer.dropped, started.writer.unwritten) == (10, 20)
    stream.gate.set()
    wait_until(lambda: started.writer.unwritten == 0, "the buffer's end")
    assert started.put("later")
    started.finish()
    kept = [str(number) for number in range(10) for _ in "ab"]
    assert stream.written.decode().splitlines() == ["header", *kept, "later"]


def test_event_larger_than_the_buffer_is_dropped() -> None:
    started = Started(Memory(), buffer_bytes=1_000)
    assert not started.put("huge", size=1_001)
    assert started.put("fits", size=1_000)
    assert started.finish().dropped == 1


def test_pipe_that_nobody_reads_blocks_no_put_and_loses_nothing_it_took(
    closing: ExitStack,
) -> None:
    reader, pipe = opened_pipe(closing)
    started = Started(pipe, buffer_bytes=1_000_000)
    taken = [str(number) for number in range(500) if started.put(f"{number}" * 3_000, size=9_000)]
    assert len(taken) < 500
    assert started.writer.dropped == 500 - len(taken)
    assert started.writer.unwritten > 0
    started.writer.finish()
    assert not started.writer.finished
    expected = b"header\n" + b"".join(f"{text * 3_000}\n".encode() for text in taken)
    assert read_exactly(reader, len(expected)) == expected
    writer = started.wait_until_woken()
    assert (writer.unwritten, writer.finished) == (0, True)


def test_stdout_that_somebody_made_non_blocking_gets_everything(closing: ExitStack) -> None:
    reader, pipe = opened_pipe(closing)
    os.set_blocking(pipe.fileno(), False)
    started = Started(pipe)
    started.put("x" * 1_000_000)
    expected = b"header\n" + b"x" * 1_000_000 + b"\n"
    assert read_exactly(reader, len(expected)) == expected
    assert started.finish().error is None


def test_stream_in_memory_will_do() -> None:
    stream = BytesIO()
    started = Started(stream)
    started.put("one")
    started.finish()
    assert stream.getvalue() == b"header\none\n"


def read_exactly(reader: FileIO, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        content += reader.read(size - len(content)) or b""
    return bytes(content)
