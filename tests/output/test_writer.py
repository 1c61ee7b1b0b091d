import os
import threading
from io import BytesIO, FileIO
from pathlib import Path
from typing import IO

import pytest

from chatapp_tail.clock import seeded_random
from chatapp_tail.errors import OutputError
from chatapp_tail.output.backlog import Backlog, unnamed_file
from chatapp_tail.output.unbuffered import RawStream
from chatapp_tail.output.writer import DirectOutput, Writer
from chatapp_tail.signals import Signals
from tests.output.given import ON_LINUX, BrokenStream, MemoryStream, Pipe, full_disk
from tests.support.records import lines
from tests.support.waiting import wait_until

FULL_DISK = Path("/dev/full")
HAS_FULL_DISK = pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full")
# The writer gathers this many bytes before it writes without a flush.
CHUNK = 64 * 1024


def backlog_of_one() -> Backlog:
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
        wait_until(lambda: self.writer.unwritten == 0, "the end of the queue")

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


def test_writer_without_records_writes_no_header() -> None:
    stream = MemoryStream()
    assert Started(stream).finish().finished
    assert stream.written == b""


def test_flush_writes_without_waiting_for_more() -> None:
    stream = MemoryStream()
    started = Started(stream)
    started.put("one")
    wait_until(lambda: stream.written == b"header\none\n", "the record")
    started.wait_until_written()
    assert not started.writer.finished
    assert not started.woken.is_set()
    started.finish()


def test_records_are_gathered_until_a_flush_or_the_end() -> None:
    stream = MemoryStream()
    started = Started(stream)
    for text in ("one", "two"):
        assert started.writer.put(*lines(text))
    assert started.writer.unwritten == 2
    assert not stream.is_busy.is_set()
    started.finish()
    assert (stream.written, stream.calls) == (b"header\none\ntwo\n", 1)


def test_64_kilobytes_are_written_without_a_flush() -> None:
    stream = MemoryStream()
    started = Started(stream)
    for number in range(100):
        assert started.writer.put(*lines(f"{number:999}"))
    wait_until(lambda: len(stream.written) == len("header\n") + 66 * 1_000, "the first 64 KB")
    wait_until(lambda: started.writer.unwritten == 34, "the count")
    started.finish()
    assert len(stream.written) == len("header\n") + 100 * 1_000


def test_queued_lines_are_written_in_few_calls() -> None:
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


def test_unexpected_exception_is_an_error_of_the_writer() -> None:
    started = Started(BrokenStream(LookupError("a defect")))
    started.put("record")
    writer = started.wait_until_woken()
    assert str(writer.error) == "unexpected LookupError while writing: a defect"
    assert writer.unwritten == 1


# A reader that stops


def test_full_buffer_refuses_and_keeps_what_it_has() -> None:
    stream, started = blocked(backlog_of_one())
    assert started.put("second")
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


def test_lines_that_the_backlog_refused_are_written_at_the_next_flush() -> None:
    stream, started = blocked(backlog_of_one())
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
    stream, started = blocked(backlog_of_one())
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


def test_unwritten_counts_gathered_queued_and_half_written_records() -> None:
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


def test_error_names_the_temporary_file_if_that_cannot_be_read() -> None:
    files: list[IO[bytes]] = []

    def open_file() -> IO[bytes]:
        files.append(unnamed_file())
        return files[-1]

    stream, started = blocked(Backlog(memory_bytes=1, open_file=open_file))
    started.put("lost")
    files[-1].truncate(1)
    stream.gate.set()
    error = started.wait_until_woken().error
    assert str(error) == "the buffer's temporary file can't be read: its end is missing"
    assert stream.written == b"header\nfirst\n"


# What is written without the thread


@ON_LINUX
def test_pipe_with_room_has_everything_when_the_flush_returns(pipe: Pipe) -> None:
    reader, stdout = pipe
    started = Started(stdout)
    assert started.put("one", "two")
    assert started.writer.unwritten == 0
    assert reader.read(1_000) == b"header\none\ntwo\n"
    started.finish()


def test_regular_file_has_everything_when_the_flush_returns(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with FileIO(path, "wb") as stream:
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
def test_thread_writes_what_a_full_pipe_does_not_take(pipe: Pipe) -> None:
    reader, stdout = pipe
    started = Started(stdout, Backlog(memory_bytes=100, file_bytes=100_000_000))
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
def test_line_that_a_full_pipe_cuts_counts_until_its_end_is_written(pipe: Pipe) -> None:
    reader, stdout = pipe
    started = Started(stdout, Backlog(memory_bytes=10_000_000))
    assert started.put("x" * 3_000_000)
    assert started.put("y")
    assert started.writer.unwritten == 2
    expected = b"header\n" + b"x" * 3_000_000 + b"\ny\n"
    assert read_exactly(reader, len(expected)) == expected
    started.wait_until_written()
    started.finish()


@ON_LINUX
def test_reader_of_any_speed_gets_every_line_once_and_in_order(pipe: Pipe) -> None:
    reader, stdout = pipe
    started = Started(stdout, Backlog(memory_bytes=20_000, file_bytes=100_000_000))
    random, content = seeded_random(1), bytearray()

    def read() -> None:
        while part := reader.read(random.choice([1, 100, 5_000, 70_000, 200_000])):
            content.extend(part)

    thread = threading.Thread(target=read)
    thread.start()
    texts = [f"{number} {'x' * (number % 997)}" for number in range(20_000)]
    for number, text in enumerate(texts):
        assert started.put(text) if number % 3 else started.writer.put(*lines(text))
    assert started.finish().unwritten == 0
    stdout.close()
    thread.join(10)
    assert content.decode().splitlines() == ["header", *texts]


@ON_LINUX
def test_finished_writer_has_closed_what_it_opened(pipe: Pipe, tmp_path: Path) -> None:
    reader, stdout = pipe
    with FileIO(tmp_path / "out", "wb") as file:
        before = open_files()
        to_pipe, to_file = Started(stdout), Started(file)
        to_pipe.put("last")
        assert open_files() > before
        to_pipe.finish()
        to_file.finish()
        assert open_files() == before
    stdout.close()
    assert reader.read(1_000) == b"header\nlast\n"
    assert reader.read(1_000) == b""  # nobody holds the other end


# A reader that leaves, and other ends


def test_reader_that_leaves_ends_the_writer_and_wakes_the_main_thread(pipe: Pipe) -> None:
    reader, stdout = pipe
    started = Started(stdout)
    started.put("seen")
    assert read_exactly(reader, 12) == b"header\nseen\n"
    started.wait_until_written()
    reader.close()
    started.put("nobody sees it")
    writer = started.wait_until_woken()
    assert (writer.reader_left, writer.finished) == (True, True)
    assert (writer.error, writer.unwritten) == (None, 1)
    started.finish()


def test_full_disk_is_an_error_and_the_file_keeps_what_it_took(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with FileIO(path, "wb") as stream, full_disk(32):
        started = Started(stream)
        for number in range(5):
            started.put(str(number) * 8, str(number) * 8)
        writer = started.wait_until_woken()
        started.finish()
    assert str(writer.error) == "standard output can't be written: File too large"
    assert (writer.reader_left, writer.finished, writer.unwritten) == (False, True, 8)
    assert path.read_text() == "header\n00000000\n00000000\n1111111"


def test_put_after_the_reader_left_discards_and_counts(pipe: Pipe) -> None:
    """The main thread may put a few events before it learns of the end."""
    reader, stdout = pipe
    started = Started(stdout, Backlog(memory_bytes=1, file_bytes=100_000_000))
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


def test_put_after_finish_writes_nothing(pipe: Pipe) -> None:
    reader, stdout = pipe
    started = Started(stdout)
    started.put("seen")
    started.writer.finish()
    assert started.put("late")
    assert started.wait_until_woken().error is None
    assert reader.read(12) == b"header\nseen\n"


def test_stdout_that_another_process_made_non_blocking_gets_everything(pipe: Pipe) -> None:
    reader, stdout = pipe
    os.set_blocking(stdout.fileno(), False)
    started = Started(stdout)
    started.put("x" * 3_000_000)
    expected = b"header\n" + b"x" * 3_000_000 + b"\n"
    assert read_exactly(reader, len(expected)) == expected
    assert started.finish().error is None


# Output of a source that can wait


def test_direct_output_writes_its_header_first_and_once() -> None:
    stream = BytesIO()
    output = DirectOutput(stream, Signals(), header=b"header\n")
    output.flush()
    assert stream.getvalue() == b"header\n"
    assert output.put(*lines("a", "b"))
    output.flush()
    assert stream.getvalue() == b"header\na\nb\n"


def test_direct_output_writes_when_it_has_64_kilobytes_and_at_a_flush() -> None:
    stream = BytesIO()
    output = DirectOutput(stream, Signals())
    for number in range(100):
        assert output.put(*lines(f"{number:999}"))
    assert len(stream.getvalue()) == 66_000
    output.flush()
    assert len(stream.getvalue()) == 100_000


@HAS_FULL_DISK
def test_direct_output_raises_an_error_for_a_full_disk_and_another_for_a_reader_that_left(
    pipe: Pipe,
) -> None:
    reader, stdout = pipe
    with FileIO(FULL_DISK, "wb") as full, pytest.raises(OutputError, match="No space left"):
        DirectOutput(full, Signals()).put(*lines("x" * 100_000))
    reader.close()
    with pytest.raises(BrokenPipeError):
        DirectOutput(stdout, Signals(), header=b"header\n").flush()
