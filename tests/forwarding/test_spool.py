"""What waits to be forwarded, in a file: over restarts, bounded, by one run at a time."""

from pathlib import Path

import pytest

from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.request import Request
from chatapp_tail.forwarding.spool import Spool
from chatapp_tail.forwarding.waiting import Waiting

TARGET, OTHER = "http://localhost:1/a", "http://localhost:1/b"


def of(seq: int, size: int = 10) -> Waiting:
    return Waiting(Request(seq, f"message {seq}", {"X-ChatApp-Seq": str(seq)}, b"x" * size))


def unheard(sentence: str) -> None:
    raise AssertionError(sentence)


def left(path: Path, target: str = TARGET) -> list[int]:
    """Return the numbers of the events that wait, and take them all."""
    spool = Spool(path)
    room = spool.room(target, warn=unheard)
    room.finish()
    seqs = []
    while (one := room.take()) is not None:
        assert one.request == of(one.request.seq, len(one.request.body)).request
        seqs.append(one.request.seq)
        room.done(one)
    spool.close()
    return seqs


def test_what_is_not_done_is_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    spool = Spool(path)
    room = spool.room(TARGET, warn=unheard)
    for seq in (1, 2, 3):
        assert room.put(of(seq))
    first = room.take()
    assert first is not None
    room.done(first)
    assert room.take() is not None  # under way when the run ends
    room.close()
    assert not room.put(of(4))
    spool.close()
    assert left(path) == [2, 3]
    assert left(path) == []


def test_each_target_has_its_own(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for seq, target in ((1, TARGET), (2, OTHER), (3, TARGET)):
        assert spool.room(target, warn=unheard).put(of(seq))
    spool.close()
    assert left(tmp_path / "spool", OTHER) == [2]
    assert left(tmp_path / "spool", TARGET) == [1, 3]


def test_oldest_make_room_and_are_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", most_bytes=100)
    room = spool.room(TARGET, warn=unheard)
    for seq in range(6):
        assert room.put(of(seq, 30))
    assert (room.events, room.given_up) == (3, 3)
    assert room.put(of(9, 1_000))  # larger than the limit: alone
    assert (room.events, room.given_up) == (1, 6)
    spool.close()
    assert left(tmp_path / "spool") == [9]


def test_file_that_another_run_uses_is_refused(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    with pytest.raises(UsageError, match="database is locked"):
        Spool(tmp_path / "spool")
    spool.close()
    Spool(tmp_path / "spool").close()


def test_file_that_is_none_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("my notes, which are no database at all\n" * 10)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="file is not a database"):
        Spool(path)
    assert path.read_bytes() == before
