import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.output.backlog import Backlog, Lines, Spool, unnamed_file
from tests.output.given import ON_LINUX, full_disk
from tests.support.records import lines

MEBIBYTE = 1024 * 1024


def texts_of(taken: Lines | None) -> list[str]:
    """Return the lines; fails if their number isn't that of the records."""
    assert taken is not None
    texts = taken.text.decode().splitlines()
    assert len(texts) == taken.records
    return texts


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_last_lines_need_no_room_and_are_taken_last() -> None:
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


def test_closed_backlog_discards_and_counts() -> None:
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


# In a process of its own, without coverage, whose memory would count. RSS is the memory in use.
_MANY_SMALL = """\
import os
from chatapp_tail.output.backlog import Backlog
from tests.support.records import lines

def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

backlog = Backlog(memory_bytes=16 * 1024 * 1024)
before = rss()
assert all(backlog.put(lines(number)) for number in range(250_000))
print(rss() - before)
"""


@ON_LINUX
def test_lines_over_the_limit_of_memory_take_no_memory() -> None:
    """For the smallest lines, Python's objects are most of what counts."""
    environment = {name: text for name, text in os.environ.items() if "COVERAGE_" not in name}
    run = subprocess.run(
        [sys.executable, "-c", _MANY_SMALL],
        check=True,
        capture_output=True,
        text=True,
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert 0.8 * 16 * MEBIBYTE < int(run.stdout) < 1.2 * 16 * MEBIBYTE


def test_full_disk_is_no_room_and_harms_nothing_that_waits() -> None:
    backlog = Backlog(memory_bytes=100_000)
    kept, taken = list[str](), list[str]()

    def put(texts: Iterable[str]) -> None:
        kept.extend(text for text in texts if backlog.put(lines(text)))

    def take() -> None:
        texts = texts_of(backlog.take())
        taken.extend(texts)
        backlog.written(len(texts))

    with full_disk(100_001):
        put(numbers(15_000))
        assert 1_500 < len(kept) < 15_000
        take()
        take()
        put(numbers(1_000))
        while backlog.waiting:
            take()
        put(["room again"])
        assert kept[-1] == "room again"
        take()
    assert taken == kept


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
