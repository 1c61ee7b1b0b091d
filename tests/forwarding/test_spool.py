"""What waits to be forwarded, in a file: over restarts, bounded, by one run at a time."""

from pathlib import Path

import pytest

from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.post import Request
from chatapp_tail.forwarding.queues import Queued, Spool
from chatapp_tail.forwarding.result import Overflow

TARGET, OTHER = "http://localhost:1/a", "http://localhost:1/b"


def of(seq: int, size: int = 10) -> Queued:
    return Queued(Request(seq, f"message {seq}", {"X-ChatApp-Seq": str(seq)}, b"x" * size))


def unheard(sentence: str) -> None:
    raise AssertionError(sentence)


def left(path: Path, target: str = TARGET) -> list[int]:
    """Return the numbers of the events that wait, and take them all."""
    spool = Spool(path)
    queue = spool.queue(target, warn=unheard)
    queue.finish()
    seqs = []
    while (one := queue.take()) is not None:
        assert one.request == of(one.request.seq, len(one.request.body)).request
        seqs.append(one.request.seq)
        queue.done(one)
    spool.close()
    return seqs


def test_what_is_not_done_is_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    spool = Spool(path)
    queue = spool.queue(TARGET, warn=unheard)
    for seq in (1, 2, 3):
        assert queue.put(of(seq))
    first = queue.take()
    assert first is not None
    queue.done(first)
    assert queue.take() is not None  # under way when the run ends
    queue.close()
    assert not queue.put(of(4))
    spool.close()
    assert left(path) == [2, 3]
    assert left(path) == []


def test_each_target_has_its_own(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for seq, target in ((1, TARGET), (2, OTHER), (3, TARGET)):
        assert spool.queue(target, warn=unheard).put(of(seq))
    spool.close()
    assert left(tmp_path / "spool", OTHER) == [2]
    assert left(tmp_path / "spool", TARGET) == [1, 3]


def test_oldest_make_room_and_are_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", most_bytes=100)
    queue = spool.queue(TARGET, warn=unheard)
    for seq in range(6):
        assert queue.put(of(seq, 30))
    assert (queue.events, queue.given_up) == (3, 3)
    assert queue.put(of(9, 1_000))  # larger than the limit: alone
    assert (queue.events, queue.given_up) == (1, 6)
    spool.close()
    assert left(tmp_path / "spool") == [9]


def test_disk_that_cannot_be_written_is_reported_and_what_is_there_goes_out_once(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    spool = Spool(tmp_path / "spool")
    queue = spool.queue(TARGET, warn=said.append)
    for seq in (1, 2):
        assert queue.put(of(seq))
    spool.execute("PRAGMA query_only = ON")
    assert not queue.put(of(3))
    for seq in (1, 2):
        taken = queue.take()
        assert taken is not None
        assert taken.request.seq == seq
        queue.done(taken)
    why = "attempt to write a readonly database"
    until = "until its disk has room and can be written"
    assert said == [
        f"{spool.path} can't be written: {why}; new events aren't forwarded {until}",
    ]
    spool.execute("PRAGMA query_only = OFF")
    assert queue.put(of(4)._replace(lost=Overflow(3, 3, 1, is_over=True)))
    taken = queue.take()
    assert taken is not None
    assert taken.lost == Overflow(3, 3, 1, is_over=True)
    spool.close()
    assert left(tmp_path / "spool") == [1, 2, 4]  # again, with their keys


def test_file_that_cannot_be_read_any_more_ends_its_queue_and_is_reported(tmp_path: Path) -> None:
    said: list[str] = []
    spool = Spool(tmp_path / "spool")
    queue = spool.queue(TARGET, warn=said.append)
    spool.execute("DROP TABLE waiting")
    assert queue.take() is None
    assert not queue.put(of(1))
    until = "nothing of it is forwarded until its disk has room and can be written"
    assert said == [f"{spool.path} can't be read: no such table: waiting; {until}"]
    spool.close()


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
