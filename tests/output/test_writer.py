import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import IO

import pytest

from chatapp_tail.clock import seeded_random
from chatapp_tail.output.backlog import Backlog, unnamed_file
from chatapp_tail.output.unbuffered import RawStream
from chatapp_tail.output.writer import Writer
from tests.output.given import BrokenStream, MemoryStream
from tests.support.pipes import opened_pipe
from tests.support.records import lines
from tests.support.waiting import wait_until

FULL_DISK = Path("/dev/full")
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/fd")
# So many bytes are gathered before a write without a flush.
CHUNK = 64 * 1024


def no_backlog() -> Backlog:
    """Return a backlog that holds a single item, of any size."""
    return Backlog(memory_bytes=1, file_bytes=1)


class Started:
    """A writer, and whether it has called ``wake``."""

    def __init__(self, stream: RawStream, backlog: Backlog | None = None) -> None:
        self.woken = threading.Event()
        self.writer = Writer(
            stream,
            backlog or Backlog(memory_bytes=1_000_000, file_bytes=1),
            header=b"header\n",
            wake=self.woken.set,
        )

    def put(self, *texts: str) -> bool:
        has_room = self.writer.put(*lines(*texts))
        self.writer.flush()  # as a tail does when it has nothing to read
        return has_room

    def wait_until_written(self) -> None:
        wait_until(lambda: self.writer.unwritten == 0, "the end of what waits")

    def wait_until_woken(self) -> Writer:
        assert self.woken.wait(5)
        return self.writer

    def finish(self) -> Writer:
        self.writer.finish()
        wait_until(lambda: self.writer.finished, "the end")
        return self.wait_until_woken()


def blocked(backlog: Backlog) -> tuple[MemoryStream, Started]:
    """Return a stream that blocks, and a writer that is writing its first line."""
    stream = MemoryStream()
    stream.gate.clear()
    started = Started(stream, backlog)
    assert started.put("first")
    assert stream.is_busy.wait(5)
    return stream, started


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def read_exactly(reader: FileIO, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        content += reader.read(size - len(content)) or b""
    return bytes(content)


def test_header_and_records_are_written_in_order() -> None:
    stream = MemoryStream()
    started = Started(stream)
    for number in range(1_000):
        assert started.put(f"{number} a", f"{number} b")
    writer = started.finish()
    texts = [f"{number} {letter}" for number in range(1_000) for letter in "ab"]
    assert stream.written.decode().splitlines() == ["header", *texts]
    assert (writer.finished, writer.unwritten) == (True, 0)
    assert (writer.reader_left, writer.error) == (False, None)


def test_finishing_an_idle_writer_ends_it() -> None:
    stream = MemoryStream()
    assert Started(stream).finish().finished
    assert stream.written == b""  # no header without rows


def test_record_is_written_at_a_flush_without_waiting_for_more() -> None:
    stream = MemoryStream()
    started = Started(stream)
    started.put("one")
    wait_until(lambda: stream.written == b"header\none\n", "the record")
    started.wait_until_written()
    assert not started.writer.finished
    assert not started.woken.is_set()
    started.finish()


def test_what_is_put_is_gathered_until_a_flush_or_the_end() -> None:
    stream = MemoryStream()
    started = Started(stream)
    for text in ("one", "two"):
        assert started.writer.put(*lines(text))
    assert started.writer.unwritten == 2
    assert not stream.is_busy.is_set()
    started.finish()
    assert (stream.written, stream.calls) == (b"header\none\ntwo\n", 1)


def test_what_keeps_coming_is_written_without_a_flush_now_and_then() -> None:
    stream = MemoryStream()
    started = Started(stream)
    for number in range(100):
        assert started.writer.put(*lines(f"{number:999}"))
    wait_until(lambda: len(stream.written) == len("header\n") + 66 * 1_000, "the first 64 KB")
    wait_until(lambda: started.writer.unwritten == 34, "the count")
    started.finish()
    assert len(stream.written) == len("header\n") + 100 * 1_000


def test_what_waits_is_written_in_few_calls() -> None:
    stream, started = blocked(Backlog(memory_bytes=1_000_000, file_bytes=1))
    for number in range(1_000):
        started.put(str(number))
    stream.gate.set()
    started.finish()
    assert stream.calls == 3  # the first line, and 64 KB a time, overhead included


def test_stream_that_takes_parts_gets_everything() -> None:
    stream = MemoryStream(part=7)
    started = Started(stream)
    started.put("a" * 100, "b" * 100)
    started.finish()
    assert stream.written == b"header\n" + b"a" * 100 + b"\n" + b"b" * 100 + b"\n"


def test_defect_in_a_stream_is_an_error_not_a_dead_thread() -> None:
    started = Started(BrokenStream(LookupError("a defect")))
    started.put("record")
    writer = started.wait_until_woken()
    assert str(writer.error) == "unexpected LookupError while writing: a defect"
    assert writer.unwritten == 1


# A reader that stops


def test_full_buffer_refuses_and_keeps_what_it_has() -> None:
    stream, started = blocked(no_backlog())
    assert started.put("second")  # the backlog has room for a single thing
    texts = [f"{number:9999}" for number in range(10)]
    taken = [started.put(text) for text in texts]
    assert taken == [True] * 7 + [False] * 3  # the writer itself gathers 64 KB
    assert started.writer.unwritten == 9
    stream.gate.set()
    wait_until(lambda: started.writer.unwritten == 7, "the backlog's end")
    assert started.put("later")
    assert started.finish().unwritten == 0
    expected = ["header", "first", "second", *texts[:7], "later"]
    assert stream.written.decode().splitlines() == expected


def test_flush_that_finds_no_room_is_made_up_for_by_the_next() -> None:
    stream, started = blocked(no_backlog())
    for text in ("second", "third", "fourth"):
        assert started.put(text)
    assert not started.woken.is_set()
    stream.gate.set()
    started.wait_until_woken()  # then the main thread flushes again
    assert started.writer.unwritten == 2
    assert stream.written == b"header\nfirst\nsecond\n"
    started.writer.flush()
    started.wait_until_written()
    assert stream.written == b"header\nfirst\nsecond\nthird\nfourth\n"
    started.finish()


def test_finish_without_room_loses_nothing() -> None:
    stream, started = blocked(no_backlog())
    for text in ("second", "third", "x" * 100_000):
        assert started.put(text)
    assert not started.put("no room")
    started.writer.finish()
    assert (started.writer.unwritten, started.writer.finished) == (4, False)
    stream.gate.set()
    wait_until(lambda: started.writer.finished, "the end")
    assert started.writer.unwritten == 0
    expected = ["header", "first", "second", "third", "x" * 100_000]
    assert stream.written.decode().splitlines() == expected


def test_event_larger_than_the_buffer_is_written_unless_something_waits() -> None:
    stream, started = blocked(Backlog(memory_bytes=500, file_bytes=1))
    assert started.put("h" * 100_000)  # nothing waits: the first line is being written
    assert started.put("i" * 100_000)  # gathered
    assert not started.put("no room")
    stream.gate.set()
    wait_until(lambda: started.writer.unwritten == 1, "the huge event")
    assert started.put("fits")
    started.finish()
    expected = ["header", "first", "h" * 100_000, "i" * 100_000, "fits"]
    assert stream.written.decode().splitlines() == expected


def test_unwritten_counts_what_is_gathered_and_what_waits_and_what_is_being_written() -> None:
    stream, started = blocked(Backlog(memory_bytes=1_000_000, file_bytes=1))
    counts = [started.writer.unwritten]
    started.put("waits", "waits")
    counts.append(started.writer.unwritten)
    started.writer.put(*lines("gathered", "gathered", "gathered"))
    counts.append(started.writer.unwritten)
    started.writer.finish()
    counts.append(started.writer.unwritten)
    stream.gate.set()
    counts.append(started.wait_until_woken().unwritten)
    assert counts == [1, 3, 6, 6, 0]


def test_temporary_file_that_cannot_be_read_is_not_blamed_on_stdout() -> None:
    files: list[IO[bytes]] = []

    def open_file() -> IO[bytes]:
        files.append(unnamed_file())
        return files[-1]

    backlog = Backlog(memory_bytes=1, open_file=open_file)
    stream, started = blocked(backlog)
    started.put("lost")
    files[-1].truncate(1)
    stream.gate.set()
    error = started.wait_until_woken().error
    assert str(error) == "the buffer's temporary file can't be read: its end is missing"
    assert stream.written == b"header\nfirst\n"


# What is written without the thread


@ON_LINUX
def test_pipe_with_room_has_everything_when_the_flush_returns(closing: ExitStack) -> None:
    reader, pipe = opened_pipe(closing)
    started = Started(pipe)
    assert started.put("one", "two")
    assert started.writer.unwritten == 0
    assert reader.read(1_000) == b"header\none\ntwo\n"
    assert started.put("three")
    assert reader.read(1_000) == b"three\n"
    started.finish()


def test_regular_file_has_everything_when_the_flush_returns(
    closing: ExitStack, tmp_path: Path
) -> None:
    path = tmp_path / "out"
    stream = closing.enter_context(FileIO(path, "wb"))
    stream.write(b"before\n")
    started = Started(stream)
    expected = "before\nheader\n"
    for number in range(100):
        assert started.put(f"{number:10000}")
        assert started.writer.unwritten == 0
        expected += f"{number:10000}\n"
        assert path.stat().st_size == len(expected)
    started.finish()
    stream.write(b"after\n")
    assert path.read_text() == f"{expected}after\n"


@ON_LINUX
def test_full_pipe_leaves_the_rest_to_the_thread_in_order_and_gets_it_once(
    closing: ExitStack,
) -> None:
    reader, pipe = opened_pipe(closing)
    started = Started(pipe, Backlog(memory_bytes=100, file_bytes=100_000_000))
    expected = b"header\n"
    for number in range(100):
        assert started.put(f"{number:30000}")
        expected += b"%30000d\n" % number
    assert started.writer.unwritten > 30
    assert read_exactly(reader, len(expected)) == expected
    started.wait_until_written()
    assert started.put("direct again")
    assert started.writer.unwritten == 0
    assert reader.read(1_000) == b"direct again\n"
    started.finish()


@ON_LINUX
def test_line_that_is_cut_by_a_full_pipe_counts_until_its_end_is_written(
    closing: ExitStack,
) -> None:
    reader, pipe = opened_pipe(closing)
    started = Started(pipe, Backlog(memory_bytes=10_000_000))
    assert started.put("x" * 3_000_000)
    assert started.put("y")
    assert started.writer.unwritten == 2
    expected = b"header\n" + b"x" * 3_000_000 + b"\ny\n"
    assert read_exactly(reader, len(expected)) == expected
    started.wait_until_written()
    started.finish()


@ON_LINUX
def test_reader_of_any_speed_gets_every_line_once_and_in_order(closing: ExitStack) -> None:
    reader, pipe = opened_pipe(closing)
    started = Started(pipe, Backlog(memory_bytes=20_000, file_bytes=100_000_000))
    random, content = seeded_random(1), bytearray()

    def read() -> None:
        while part := reader.read(random.choice([1, 100, 5_000, 70_000, 200_000])):
            content.extend(part)

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(20_000):
        text = f"{number} {'x' * (number % 997)}"
        assert started.put(text) if number % 3 else started.writer.put(*lines(text))
    assert started.finish().unwritten == 0
    pipe.close()
    thread.join(10)
    expected = [f"{number} {'x' * (number % 997)}" for number in range(20_000)]
    assert content.decode().splitlines() == ["header", *expected]


@ON_LINUX
def test_what_the_writer_has_opened_is_closed_at_its_end(
    closing: ExitStack, tmp_path: Path
) -> None:
    reader, pipe = opened_pipe(closing)
    file = closing.enter_context(FileIO(tmp_path / "out", "wb"))
    before = open_files()
    to_pipe, to_file = Started(pipe), Started(file)
    to_pipe.put("last")
    assert open_files() > before
    to_pipe.finish()
    to_file.finish()
    assert open_files() == before
    pipe.close()
    assert reader.read(1_000) == b"header\nlast\n"
    assert reader.read(1_000) == b""  # nobody holds the other end


# A reader that leaves, and other ends


def test_reader_that_leaves_ends_the_writer_and_wakes_the_main_thread(closing: ExitStack) -> None:
    reader, pipe = opened_pipe(closing)
    started = Started(pipe)
    started.put("seen")
    assert read_exactly(reader, 12) == b"header\nseen\n"
    started.wait_until_written()
    reader.close()
    started.put("nobody sees it")
    writer = started.wait_until_woken()
    assert (writer.reader_left, writer.finished) == (True, True)
    assert (writer.error, writer.unwritten) == (None, 1)
    started.finish()


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full")
def test_full_disk_is_an_error_that_wakes_the_main_thread(closing: ExitStack) -> None:
    started = Started(closing.enter_context(FileIO(FULL_DISK, "wb")))
    started.put("no room")
    writer = started.wait_until_woken()
    assert str(writer.error) == "standard output can't be written: No space left on device"
    assert (writer.reader_left, writer.finished) == (False, True)


# A file that may not grow is a disk that is full: a write is cut short, and the next one fails.
_FULL_FILE = """\
import resource, sys, threading
from io import FileIO
from chatapp_tail.output.backlog import Backlog
from chatapp_tail.output.backlog import unnamed_file
from chatapp_tail.output.writer import Writer
from tests.support.records import lines

resource.setrlimit(resource.RLIMIT_FSIZE, (25, resource.RLIM_INFINITY))
woken = threading.Event()
with FileIO(sys.argv[1], "wb") as stream:
    writer = Writer(stream, Backlog(memory_bytes=1_000_000), wake=woken.set)
    for number in range(5):
        writer.put(*lines(str(number) * 8, str(number) * 8))
        writer.flush()
    assert woken.wait(5)
    print(writer.error, writer.reader_left, writer.unwritten)
    writer.finish()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_full_disk_under_a_file_keeps_what_it_took_and_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "out"
    run = subprocess.run(
        [sys.executable, "-c", _FULL_FILE, str(path)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert run.stdout == "standard output can't be written: File too large False 8\n"
    assert path.read_text() == "00000000\n00000000\n1111111"


def test_what_comes_after_the_writers_end_disturbs_nobody(closing: ExitStack) -> None:
    """The main thread may put a few events before it learns of the end."""
    reader, pipe = opened_pipe(closing)
    started = Started(pipe, Backlog(memory_bytes=1, file_bytes=100_000_000))
    for _ in range(100):
        started.put("x" * 30_000)
    assert reader.read(7) == b"header\n"
    reader.close()
    writer = started.wait_until_woken()
    before = writer.unwritten
    assert before > 0
    assert started.put("y" * CHUNK)
    assert started.put("z")
    assert (writer.reader_left, writer.error) == (True, None)
    assert writer.unwritten == before + 2
    started.finish()


def test_what_comes_after_the_end_that_was_asked_for_disturbs_nobody(closing: ExitStack) -> None:
    reader, pipe = opened_pipe(closing)
    started = Started(pipe)
    started.put("seen")
    started.writer.finish()
    assert started.put("late")
    assert started.wait_until_woken().error is None
    assert reader.read(12) == b"header\nseen\n"


def test_stdout_that_somebody_made_non_blocking_gets_everything(closing: ExitStack) -> None:
    reader, pipe = opened_pipe(closing)
    os.set_blocking(pipe.fileno(), False)
    started = Started(pipe)
    started.put("x" * 3_000_000)
    expected = b"header\n" + b"x" * 3_000_000 + b"\n"
    assert read_exactly(reader, len(expected)) == expected
    assert started.finish().error is None
