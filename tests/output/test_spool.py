from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.output.spool import Spool


def everything(spool: Spool) -> list[bytes]:
    items = []
    while taken := spool.take(10):
        items += taken
    return items


def numbered(count: int, size: int = 10) -> list[bytes]:
    return [f"{number:0{size}}".encode() for number in range(count)]


@pytest.mark.parametrize("memory", [0, 1, 150, 1_000, 1_000_000])
def test_order_is_kept_from_memory_to_disk(memory: int) -> None:
    spool, items = Spool(memory, 1_000_000), numbered(100)
    assert all(spool.append(item) for item in items)
    assert everything(spool) == items
    assert spool.is_empty
    spool.close()


def test_what_comes_while_something_is_on_disk_goes_behind_it() -> None:
    spool = Spool(120, 1_000_000)
    first, second, third, fourth = numbered(4)
    assert all(spool.append(item) for item in (first, second, third))
    assert spool.take(1) == [first]  # there is room in memory again
    assert spool.append(fourth)
    assert everything(spool) == [second, third, fourth]
    assert spool.append(first)
    assert everything(spool) == [first]


def test_memory_without_a_file_has_its_limit() -> None:
    spool = Spool(600, 1)  # an item of 10 bytes costs 60
    assert [spool.append(item) for item in numbered(12)] == [True] * 10 + [False] * 2
    assert spool.take(1) == numbered(1)
    assert [spool.append(item) for item in numbered(2)] == [True, False]


def test_file_has_its_limit_however_long_it_is_used() -> None:
    spool = Spool(0, 140)  # an item of 10 bytes takes 14
    assert [spool.append(item) for item in numbered(12)] == [True] * 10 + [False] * 2
    for number in range(1_000):
        assert len(spool.take(1)) == 1
        assert spool.append(b"%010d" % number)
        assert not spool.append(b"full")
        file = spool._ring._file
        assert file is not None
        assert file.seek(0, 2) == 140
    assert everything(spool) == [b"%010d" % number for number in range(990, 1_000)]


def test_room_on_the_disk_is_given_back_when_all_is_taken() -> None:
    spool = Spool(0, 1_000)
    assert spool.append(b"x")
    assert spool.take(1) == [b"x"]
    assert spool._ring._file is None


def test_take_returns_about_as_much_as_asked_for() -> None:
    spool = Spool(1_000_000, 1)
    for item in numbered(10):
        spool.append(item)
    assert [len(spool.take(size)) for size in (1, 10, 11, 25, 1_000)] == [1, 1, 2, 3, 3]
    assert spool.take(10) == []


def test_empty_items_are_items() -> None:
    for memory in (0, 1_000):
        spool = Spool(memory, 1_000)
        assert spool.append(b"")
        assert spool.append(b"")
        assert not spool.is_empty
        assert spool.take(1) == [b"", b""]


def test_no_directory_for_temporary_files_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    spool = Spool(60, 1_000)
    assert [spool.append(item) for item in numbered(3)] == [True, False, False]
    assert everything(spool) == numbered(1)
    monkeypatch.undo()
    assert all(spool.append(item) for item in numbered(3))
    assert everything(spool) == numbered(3)


@given(
    st.integers(0, 300),
    st.integers(1, 300),
    st.lists(st.binary(max_size=100) | st.integers(1, 200), max_size=60),
)
@settings(deadline=None)
def test_spool_is_a_queue_whatever_its_limits(
    memory: int, file: int, steps: list[bytes | int]
) -> None:
    """A step of bytes is put, a number is how much is taken."""
    spool, model = Spool(memory, file), deque[bytes]()
    for step in steps:
        if isinstance(step, int):
            taken = spool.take(step)
            assert taken == [model.popleft() for _ in taken]
            assert taken or not model
        elif spool.append(step):
            model.append(step)
        else:
            used = sum(len(item) for item in model) + len(step)
            assert used + 50 * (len(model) + 1) > memory or used + 4 * (len(model) + 1) > file
        assert spool.is_empty is not bool(model)
    assert everything(spool) == list(model)
    spool.close()
