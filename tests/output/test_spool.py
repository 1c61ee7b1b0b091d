from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.output.backlog import Lines, Spool, unnamed_file

# What an item costs besides its text: in memory, and in the file.
IN_MEMORY, IN_FILE = 110, 8


def everything(spool: Spool) -> list[Lines]:
    """Take all items, one at a time."""
    items = []
    while not spool.is_empty:
        items.append(spool.take(1))
    return items


def numbered(count: int, size: int = 10) -> list[Lines]:
    """Return items that differ in their text and their count."""
    return [Lines(f"{number:0{size}}".encode(), number % 7 + 1) for number in range(count)]


@pytest.mark.parametrize("memory", [0, 1, 350, 2_000, 1_000_000])
def test_order_is_kept_from_memory_to_disk(memory: int) -> None:
    spool, items = Spool(memory, 1_000_000), numbered(100)
    assert all(spool.append(item) for item in items)
    assert everything(spool) == items
    assert spool.is_empty
    spool.close()


def test_what_comes_while_something_is_on_disk_goes_behind_it() -> None:
    spool = Spool(2 * (10 + IN_MEMORY), 1_000_000)
    first, second, third, fourth = numbered(4)
    assert all(spool.append(item) for item in (first, second, third))
    assert spool.take(1) == first  # there is room in memory again
    assert spool.append(fourth)
    assert everything(spool) == [second, third, fourth]
    assert spool.append(first)
    assert everything(spool) == [first]


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
    assert everything(spool) == items[1_000:]


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
    assert everything(spool) == [huge, small]
    assert spool.append(small)
    assert not spool.append(huge)
    assert everything(spool) == [small]


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


def test_empty_items_are_items() -> None:
    for memory in (0, 1_000):
        spool = Spool(memory, 1_000)
        assert spool.append(Lines(b"", 1))
        assert spool.append(Lines(b"", 2))
        assert not spool.is_empty
        assert spool.take(1_000) == Lines(b"", 3)


def test_no_directory_for_temporary_files_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    spool = Spool(10 + IN_MEMORY, 1_000)
    assert [spool.append(item) for item in numbered(3)] == [True, False, False]
    assert everything(spool) == numbered(1)
    monkeypatch.undo()
    assert all(spool.append(item) for item in numbered(3))
    assert everything(spool) == numbered(3)


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
    """An item is put, a number is how much is taken."""
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
    assert everything(spool) == list(model)
    spool.close()
