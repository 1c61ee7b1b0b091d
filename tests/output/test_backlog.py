import json
import os
import subprocess
import sys
import threading
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.output.backlog import Backlog, Lines, Spool, unnamed_file
from tests.support.records import lines

MEBIBYTE = 1024 * 1024


def everything(backlog: Backlog, last: Lines | None = None) -> list[str]:
    """Finish the backlog and take all its lines."""
    backlog.finish(last)
    texts = []
    while (taken := backlog.take()) is not None:
        texts += texts_of(taken)
    backlog.close()
    return texts


def texts_of(taken: Lines | None) -> list[str]:
    """Return the lines; fails if their number isn't that of the records."""
    assert taken is not None
    texts = taken.text.decode().splitlines()
    assert len(texts) == taken.records
    return texts


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


@given(
    st.integers(0, 3_000),
    st.integers(1, 3_000),
    st.lists(st.integers(1, 1_500) | st.none(), max_size=50),
    st.booleans(),
)
@settings(deadline=None)
def test_what_is_taken_is_what_was_put_whatever_the_limits(
    memory: int,
    file: int,
    steps: list[int | None],
    has_last: bool,  # noqa: FBT001
) -> None:
    """A step is the length of a line to put; None takes and writes."""
    backlog = Backlog(memory_bytes=memory, file_bytes=file)
    kept, taken = list[str](), list[str]()
    for at, size in enumerate(steps):
        text = f"{at} {'x' * (size or 0)}"
        if size is not None and backlog.put(lines(text)):
            kept.append(text)
        elif size is None and backlog.waiting:
            texts = texts_of(backlog.take())
            taken += texts
            backlog.written(len(texts))
        assert backlog.waiting == len(kept) - len(taken)
    last = ["a", "b"] if has_last else []
    assert taken + everything(backlog, lines(*last) if has_last else None) == kept + last


def test_take_brings_much_at_once_but_not_all() -> None:
    backlog = Backlog(memory_bytes=MEBIBYTE)
    for number in range(100):
        assert backlog.put(lines(f"{number:10000}"))
    assert len(texts_of(backlog.take())) == 7
    assert len(everything(backlog)) == 93


def test_what_is_last_is_taken_last_though_there_is_no_room_for_it() -> None:
    backlog = Backlog(memory_bytes=1, file_bytes=100)
    assert backlog.put(lines("a" * 50))
    assert not backlog.put(lines("b" * 50))
    backlog.finish(lines("b" * 50, "c"))
    assert backlog.waiting == 3
    assert texts_of(backlog.take()) == ["a" * 50]
    assert texts_of(backlog.take()) == ["b" * 50, "c"]
    assert backlog.take() is None
    assert backlog.take() is None
    backlog.written(3)
    assert backlog.waiting == 0


def test_closed_backlog_counts_what_nobody_will_take() -> None:
    for memory in (1, MEBIBYTE):
        backlog = Backlog(memory_bytes=memory)
        assert backlog.put(lines("spooled"))
        backlog.close()
        assert backlog.put(lines("a", "b"))
        backlog.finish(lines("c"))
        assert backlog.waiting == 4


@pytest.mark.parametrize("last", [None, lines("last")])
def test_finish_wakes_the_taking_thread(last: Lines | None) -> None:
    backlog = Backlog(memory_bytes=1)
    taken: list[Lines | None] = []
    thread = threading.Thread(target=lambda: taken.append(backlog.take()))
    thread.start()
    backlog.finish(last)
    thread.join(5)
    assert taken == [last]


@pytest.mark.parametrize("memory", [1, 50_000])
def test_order_is_kept_between_two_threads_under_load(memory: int) -> None:
    backlog, taken = Backlog(memory_bytes=memory, file_bytes=100_000), list[str]()

    def take() -> None:
        while (some := backlog.take()) is not None:
            taken.extend(texts_of(some))
            backlog.written(some.records)

    thread = threading.Thread(target=take)
    thread.start()
    kept = [n for n in numbers(20_000) if backlog.put(lines(n.rjust(int(n) % 7 * 1_000)))]
    backlog.finish(lines("last"))
    thread.join(30)
    assert [text.strip() for text in taken] == [*kept, "last"]
    assert len(kept) > 100
    assert backlog.waiting == 0


def run_script(script: str) -> dict[str, int]:
    """Run Python code in a process of its own; return the JSON object that it writes.

    Without coverage, whose memory and files would count, too.
    """
    environment = {name: text for name, text in os.environ.items() if "COVERAGE_" not in name}
    run = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    result: dict[str, int] = json.loads(run.stdout)
    return result


# Two minutes at 200 events a second, while nobody reads. RSS is the memory in use.
_TWO_MINUTES = """\
import json, os, sys
from chatapp_tail.output.backlog import Backlog
from tests.support.records import lines

def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

backlog = Backlog(memory_bytes=8 * 1024 * 1024)
backlog.put(lines("x" * 1400))
backlog.take()
before = most = rss()
kept = in_order = 0
for number in range(24_000):
    kept += backlog.put(lines(f"{number} {'x' * 1400}"))
    if number % 1000 == 0:
        most = max(most, rss())
backlog.finish(None)
while taken := backlog.take():
    most = max(most, rss())
    for line in taken.text.decode().splitlines():
        in_order += int(line.split()[0]) == in_order
json.dump({"kept": kept, "in_order": in_order, "growth": most - before}, sys.stdout)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_memory_stays_flat_for_two_minutes_without_a_reader() -> None:
    """34 MB of lines in a buffer of 8 MiB take at most 8 MiB more than that."""
    result = run_script(_TWO_MINUTES)
    assert (result["kept"], result["in_order"]) == (24_000, 24_000)
    assert 7 * MEBIBYTE < result["growth"] < (8 + 8) * MEBIBYTE


# For the smallest lines, Python's objects must be counted, too.
_MANY_SMALL = """\
import json, os, sys
from chatapp_tail.output.backlog import Backlog
from tests.support.records import lines

def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

backlog = Backlog(memory_bytes=16 * 1024 * 1024, file_bytes=1)
before = rss()
kept = 0
while backlog.put(lines(kept)):
    kept += 1
json.dump({"kept": kept, "growth": rss() - before}, sys.stdout)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_many_small_lines_take_no_more_memory_than_they_may() -> None:
    result = run_script(_MANY_SMALL)
    assert result["kept"] > 100_000
    assert result["growth"] < 1.2 * 16 * MEBIBYTE


# A file that may not grow is a disk that is full: a write is cut short, and the next one fails.
_FULL_DISK = """\
import json, resource, sys
from chatapp_tail.output.backlog import Backlog
from tests.support.records import lines

resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, resource.RLIM_INFINITY))
backlog = Backlog(memory_bytes=100_000)
kept, taken = [], []

def take():
    lines_taken = backlog.take()
    taken.extend(lines_taken.text.decode().splitlines())
    backlog.written(lines_taken.records)

def put(numbers):
    kept.extend(str(n) for n in numbers if backlog.put(lines(n)))

put(range(15_000))
first = len(kept)
take()
take()
put(range(15_000, 16_000))
while backlog.waiting:
    take()
second = len(kept)
put(range(16_000, 19_000))
while backlog.waiting:
    take()
json.dump({"first": first, "second": second, "kept": len(kept), "same": taken == kept}, sys.stdout)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_full_disk_is_no_room_and_harms_nothing_that_waits() -> None:
    result = run_script(_FULL_DISK)
    assert result["same"]
    assert 1_500 < result["first"] < 15_000
    assert result["kept"] > result["second"] > result["first"] - 1


# The queue in memory and in a file

# What an item costs besides its text: in memory, and in the file.
IN_MEMORY, IN_FILE = 110, 8


def everything_in(spool: Spool) -> list[Lines]:
    """Take all items, one at a time."""
    items = []
    while not spool.is_empty:
        items.append(spool.take(1))
    return items


def numbered(count: int, size: int = 10) -> list[Lines]:
    """Return items that differ in their text and their count."""
    return [Lines(f"{number:0{size}}".encode(), number % 7 + 1) for number in range(count)]


def test_memory_without_a_file_has_its_limit() -> None:
    spool = Spool(10 * (10 + IN_MEMORY), 1)
    assert [spool.append(item) for item in numbered(12)] == [True] * 10 + [False] * 2
    assert spool.take(1) == numbered(1)[0]
    assert [spool.append(item) for item in numbered(2)] == [True, False]


def test_file_has_its_limit_however_long_it_is_used() -> None:
    size = 10 * (10 + IN_FILE)
    file = unnamed_file()
    spool, items = Spool(0, size, lambda: file), numbered(1_010)
    assert [spool.append(item) for item in items[:12]] == [True] * 10 + [False] * 2
    for number in range(1_000):
        assert spool.take(1) == items[number]
        assert spool.append(items[number + 10])
        assert not spool.append(Lines(b"full", 1))
        assert file.seek(0, 2) == size
    assert everything_in(spool) == items[1_000:]


def test_room_on_the_disk_is_given_back_when_all_is_taken() -> None:
    file = unnamed_file()
    spool = Spool(0, 1_000, lambda: file)
    assert spool.append(Lines(b"x", 1))
    assert not file.closed
    assert spool.take(1) == Lines(b"x", 1)
    assert file.closed


def test_item_over_all_limits_is_kept_where_nothing_else_waits() -> None:
    spool, huge, small = Spool(200, 200), Lines(b"x" * 1_000, 3), Lines(b"y", 1)
    assert spool.append(huge)
    assert not spool.append(huge)
    assert spool.append(small)  # the file has room
    assert everything_in(spool) == [huge, small]
    assert spool.append(small)
    assert not spool.append(huge)
    assert everything_in(spool) == [small]


@pytest.mark.parametrize("memory", [0, 360, 1_000_000])
def test_take_joins_what_is_about_as_much_as_asked_for(memory: int) -> None:
    spool, items = Spool(memory, 1_000_000), numbered(10)
    for item in items:
        spool.append(item)
    cost = 10 + IN_MEMORY
    taken = [spool.take(size) for size in (1, cost, cost + 1, 3 * cost - 1, 100_000)]
    assert taken == [joined(items[at:end]) for at, end in [(0, 1), (1, 2), (2, 4), (4, 7), (7, 10)]]
    assert spool.take(10) == Lines(b"", 0)


def joined(items: list[Lines]) -> Lines:
    return Lines(b"".join(item.text for item in items), sum(item.records for item in items))


def test_no_directory_for_temporary_files_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    spool = Spool(10 + IN_MEMORY, 1_000)
    assert [spool.append(item) for item in numbered(3)] == [True, False, False]
    assert everything_in(spool) == numbered(1)
    monkeypatch.undo()
    assert all(spool.append(item) for item in numbered(3))
    assert everything_in(spool) == numbered(3)


ANY_ITEM = st.builds(Lines, st.binary(max_size=100), st.integers(0, 2**32 - 1))


@given(
    st.integers(0, 500),
    st.integers(1, 300),
    st.lists(ANY_ITEM | st.integers(1, 300), max_size=60),
)
@settings(deadline=None)
def test_spool_is_a_queue_whatever_its_limits(
    memory: int, file: int, steps: list[Lines | int]
) -> None:
    """A step is an item to put, or the number of bytes to take."""
    spool, model = Spool(memory, file), deque[Lines]()
    for step in steps:
        if isinstance(step, int):
            taken, size = spool.take(step), 0
            expected = []
            while size < step and model:
                expected.append(model.popleft())
                size += len(expected[-1].text) + IN_MEMORY
            assert taken == joined(expected)
        elif spool.append(step):
            model.append(step)
        else:
            assert model
            used = sum(len(item.text) for item in model) + len(step.text)
            count = len(model) + 1
            assert used + IN_MEMORY * count > memory or used + IN_FILE * count > file
        assert spool.is_empty is not bool(model)
    assert everything_in(spool) == list(model)
    spool.close()
