import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO, FileIO
from pathlib import Path

import pytest

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output.backlog import Backlog, Batch
from chatapp_tail.output.unbuffered import RawStream
from chatapp_tail.output.writer import Writer
from tests.support.records import batch
from tests.support.waiting import wait_until

FULL_DISK = Path("/dev/full")
MEBIBYTE = 1024 * 1024


def small_backlog() -> Backlog:
    """Return one that holds a mebibyte and has no spool."""
    return Backlog(memory_bytes=1, file_bytes=1)


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
        backlog: Backlog | None = None,
    ) -> None:
        self.woken = threading.Event()
        backlog = backlog or Backlog(memory_bytes=1_000_000, file_bytes=1)
        self.writer = Writer(sink or TextSink(), stream, backlog, wake=self.woken.set)

    def put(self, *texts: str, size: int = 100) -> bool:
        has_room = self.writer.put(batch(*texts, size=size))
        self.writer.flush()  # as a tail does that has nothing more to read
        return has_room

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
    assert (writer.finished, writer.unwritten, writer.dropped) == (True, 0, 0)
    assert (writer.reader_left, writer.error) == (False, None)


def test_finishing_an_idle_writer_ends_it() -> None:
    stream = Memory()
    assert Started(stream).finish().finished
    assert stream.written == b""  # a header over no rows would be noise


def test_record_is_written_at_a_flush_without_waiting_for_more() -> None:
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
    assert stream.calls == 2  # what came first, and everything that waited behind it


def test_large_chunks_are_written_before_all_is_rendered() -> None:
    stream = Memory()
    stream.gate.clear()
    started = Started(stream)
    for _ in range(10):
        started.put("x" * 300_000)
    stream.gate.set()
    started.finish()
    assert stream.calls == 10
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
    started.put("seen")
    assert read_exactly(reader, 12) == b"header\nseen\n"
    wait_until(lambda: started.writer.unwritten == 0, "the count")
    reader.close()
    started.put("nobody sees it")
    writer = started.wait_until_woken()
    assert (writer.reader_left, writer.finished) == (True, True)
    assert (writer.error, writer.unwritten) == (None, 1)


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full")
def test_full_disk_is_an_error_that_wakes_the_main_thread(closing: ExitStack) -> None:
    started = Started(closing.enter_context(FileIO(FULL_DISK, "wb")))
    started.put("no room")
    writer = started.wait_until_woken()
    assert str(writer.error) == "standard output can't be written: No space left on device"
    assert (writer.reader_left, writer.finished) == (False, True)


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
    started = Started(stream, backlog=small_backlog())
    taken = [started.put(f"{number}", f"{number}", size=MEBIBYTE // 10) for number in range(15)]
    assert taken == [True] * 10 + [False] * 5
    assert (started.writer.dropped, started.writer.unwritten) == (10, 20)
    stream.gate.set()
    wait_until(lambda: started.writer.unwritten == 0, "the buffer's end")
    assert started.put("later")
    started.finish()
    kept = [str(number) for number in range(10) for _ in "ab"]
    assert stream.written.decode().splitlines() == ["header", *kept, "later"]


def test_event_larger_than_the_buffer_is_written_unless_something_waits() -> None:
    stream = Memory()
    stream.gate.clear()
    started = Started(stream, backlog=small_backlog())
    assert started.put("huge", size=MEBIBYTE + 1)
    assert not started.put("dropped", size=1)
    stream.gate.set()
    wait_until(lambda: started.writer.unwritten == 0, "the huge event")
    assert started.put("fits", size=MEBIBYTE)
    assert started.finish().dropped == 1
    assert stream.written == b"header\nhuge\nfits\n"


def test_what_waited_in_the_spool_is_written_like_the_rest() -> None:
    stream = Memory()
    stream.gate.clear()
    started = Started(stream, backlog=Backlog(memory_bytes=10_000, file_bytes=10_000_000))
    for number in range(1_000):
        assert started.put(f"{number} a", f"{number} b", size=MEBIBYTE // 10)
    stream.gate.set()
    assert started.finish().unwritten == 0
    lines = [f"{number} {letter}" for number in range(1_000) for letter in "ab"]
    assert stream.written.decode().splitlines() == ["header", *lines]


def test_lines_that_are_ready_are_written_between_the_records() -> None:
    stream = Memory()
    started = Started(stream)
    started.put("before")
    started.writer.put(Batch([b'{"kind":"notice"}\n'], 18))
    started.put("after")
    assert started.finish().unwritten == 0
    assert stream.written == b'header\nbefore\n{"kind":"notice"}\nafter\n'


def test_temporary_file_that_cannot_be_read_is_not_blamed_on_stdout() -> None:
    stream = Memory()
    stream.gate.clear()
    backlog = Backlog(memory_bytes=1)
    started = Started(stream, backlog=backlog)
    started.put("written", size=MEBIBYTE)
    started.put("lost", size=MEBIBYTE)
    file = backlog._spool._ring._file
    assert file is not None
    file.truncate(1)
    stream.gate.set()
    error = started.wait_until_woken().error
    assert str(error) == "the buffer's temporary file can't be read: its end is missing"
    assert stream.written == b"header\nwritten\n"


def test_what_comes_after_the_writers_end_disturbs_nobody(closing: ExitStack) -> None:
    """The main thread may hand over an event or two before it hears of the end."""
    reader, pipe = opened_pipe(closing)
    started = Started(pipe, backlog=Backlog(memory_bytes=1, file_bytes=10_000_000))
    for _ in range(100):
        started.put("x" * 10_000, size=MEBIBYTE)
    assert reader.read(7) == b"header\n"
    reader.close()
    writer = started.wait_until_woken()
    assert started.put("y", size=MEBIBYTE)
    assert (writer.reader_left, writer.error, writer.dropped) == (True, None, 0)
    assert writer.unwritten > 0


def test_pipe_that_nobody_reads_blocks_no_put_and_loses_nothing_it_took(
    closing: ExitStack,
) -> None:
    reader, pipe = opened_pipe(closing)
    started = Started(pipe, backlog=small_backlog())
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
