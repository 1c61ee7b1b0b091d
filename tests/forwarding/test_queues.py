"""What waits to be forwarded: in memory, or in a file over restarts."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.post import Request
from chatapp_tail.forwarding.queues import MemoryQueue, Queue, Queued, Spool, SpoolQueue
from chatapp_tail.forwarding.result import Overflow
from tests.forwarding.given import DEADLINE

TARGET, OTHER = "http://localhost:1/a", "http://localhost:1/b"
FAILED_UNTIL = "until its disk has room and can be written"


def of(seq: int, size: int = 10) -> Queued:
    return Queued(Request(seq, f"message {seq}", {"X-ChatApp-Seq": str(seq)}, b"x" * size))


def taken_from(queue: Queue) -> Queued:
    """Return the next event, which must be there."""
    queued = queue.take()
    assert queued is not None
    return queued


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    """Yield a spool, which the test may close."""
    made = Spool(path)
    yield made
    made.close()


def silent_queue(spool: Spool, target: str = TARGET) -> SpoolQueue:
    """Return a queue whose every warning fails the test."""

    def warn(sentence: str) -> None:
        raise AssertionError(sentence)

    return SpoolQueue(spool, target, warn)


@pytest.fixture(params=["memory", "file"])
def queue(request: pytest.FixtureRequest, spool: Spool) -> Queue:
    """Return an empty queue of each kind."""
    return MemoryQueue() if request.param == "memory" else silent_queue(spool)


# In memory and in a file


def test_events_are_taken_in_the_order_in_which_they_were_put(queue: Queue) -> None:
    for seq in (3, 1, 2):
        assert queue.put(of(seq))
    assert [taken_from(queue).request for _ in range(3)] == [of(seq).request for seq in (3, 1, 2)]


def test_finished_queue_gives_out_what_it_has(queue: Queue) -> None:
    queue.put(of(7))
    queue.finish()
    assert not queue.put(of(8))
    assert taken_from(queue).request == of(7).request
    assert queue.take() is None


def test_closed_queue_gives_nothing_out_and_still_tells_how_much_it_had(queue: Queue) -> None:
    queue.put(of(1))
    queue.put(of(2))
    queue.close()
    assert not queue.put(of(3))
    assert queue.take() is None
    assert queue.events == 2


@pytest.mark.parametrize("end", [Queue.finish, Queue.close])
def test_thread_that_takes_waits_for_the_next_event_and_the_end(
    queue: Queue, end: Callable[[Queue], None]
) -> None:
    found: SimpleQueue[Queued | None] = SimpleQueue()

    def take() -> None:
        found.put(queue.take())
        found.put(queue.take())

    taking = threading.Thread(target=take)
    taking.start()
    queue.put(of(5))
    queued = found.get(timeout=DEADLINE)
    assert queued is not None
    assert queued.request == of(5).request
    end(queue)
    assert found.get(timeout=DEADLINE) is None
    taking.join(DEADLINE)


# In memory


def test_number_of_events_is_bounded_until_one_is_done() -> None:
    queue = MemoryQueue(most_events=2)
    assert [queue.put(of(seq)) for seq in range(3)] == [True, True, False]
    queued = taken_from(queue)
    assert not queue.put(of(3))
    assert queue.events == 2
    queue.done(queued)
    assert queue.events == 1
    assert queue.put(of(3))


def test_bytes_are_bounded_until_they_are_done() -> None:
    queue = MemoryQueue(most_bytes=100)
    assert [queue.put(of(1, size)) for size in (60, 41, 40)] == [True, False, True]
    queued = taken_from(queue)
    assert not queue.put(of(1, 1))
    queue.done(queued)
    assert queue.put(of(1, 60))


def test_event_larger_than_the_queue_is_accepted_alone() -> None:
    queue = MemoryQueue(most_bytes=100)
    assert queue.put(of(1, 1000))
    assert not queue.put(of(1, 1))
    queued = taken_from(queue)
    assert not queue.put(of(1, 1000))
    queue.done(queued)
    assert queue.put(of(1, 1000))


# In a file


def left(path: Path, target: str = TARGET) -> list[int]:
    """Return the numbers of the events that wait, and take them all."""
    spool = Spool(path)
    queue = silent_queue(spool, target)
    queue.finish()
    seqs = []
    while (one := queue.take()) is not None:
        seqs.append(one.request.seq)
        queue.done(one)
    spool.close()
    return seqs


def test_what_is_not_done_is_there_in_the_next_run(path: Path, spool: Spool) -> None:
    queue = silent_queue(spool)
    for seq in (1, 2, 3):
        assert queue.put(of(seq))
    queue.done(taken_from(queue))
    assert queue.take() is not None  # under way when the run ends
    spool.close()
    assert left(path) == [2, 3]
    assert left(path) == []


def test_each_target_has_its_own(path: Path, spool: Spool) -> None:
    for seq, target in ((1, TARGET), (2, OTHER), (3, TARGET)):
        assert silent_queue(spool, target).put(of(seq))
    spool.close()
    assert left(path, OTHER) == [2]
    assert left(path, TARGET) == [1, 3]


def test_oldest_make_room_and_are_counted(path: Path) -> None:
    spool = Spool(path, most_bytes=100)
    queue = silent_queue(spool)
    for seq in range(6):
        assert queue.put(of(seq, 30))
    assert (queue.events, queue.given_up) == (3, 3)
    assert queue.put(of(9, 1_000))  # larger than the limit: alone
    assert (queue.events, queue.given_up) == (1, 6)
    spool.close()
    assert left(path) == [9]


def test_disk_that_cannot_be_written_is_reported_and_what_is_there_goes_out_once(
    path: Path, spool: Spool
) -> None:
    warnings: list[str] = []
    queue = SpoolQueue(spool, TARGET, warnings.append)
    for seq in (1, 2):
        assert queue.put(of(seq))
    spool.execute("PRAGMA query_only = ON")
    assert not queue.put(of(3))
    for seq in (1, 2):
        queued = taken_from(queue)
        assert queued.request.seq == seq
        queue.done(queued)
    why = "attempt to write a readonly database"
    assert warnings == [
        f"{path} can't be written: {why}; new events aren't forwarded {FAILED_UNTIL}"
    ]
    spool.execute("PRAGMA query_only = OFF")
    assert queue.put(of(4)._replace(lost=Overflow(3, 3, 1, is_over=True)))
    assert taken_from(queue).lost == Overflow(3, 3, 1, is_over=True)
    spool.close()
    assert left(path) == [1, 2, 4]  # again, with their keys


def test_file_that_cannot_be_read_any_more_ends_its_queue_and_is_reported(spool: Spool) -> None:
    warnings: list[str] = []
    queue = SpoolQueue(spool, TARGET, warnings.append)
    spool.execute("DROP TABLE waiting")
    assert queue.take() is None
    assert not queue.put(of(1))
    why = "no such table: waiting"
    assert warnings == [
        f"{spool.path} can't be read: {why}; nothing of it is forwarded {FAILED_UNTIL}"
    ]


def test_file_that_another_run_uses_is_refused(path: Path, spool: Spool) -> None:
    with pytest.raises(UsageError, match="database is locked"):
        Spool(path)
    spool.close()
    Spool(path).close()


def test_file_that_is_no_spool_is_refused_and_kept(path: Path) -> None:
    path.write_text("my notes, which are no database at all\n" * 10)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="file is not a database"):
        Spool(path)
    assert path.read_bytes() == before
