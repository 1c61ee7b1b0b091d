import threading
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from chatapp_tail.forwarding.post import Request
from chatapp_tail.forwarding.queues import MemoryQueue, Queued
from tests.forwarding.given import DEADLINE


def queue(*, most_bytes: int = 100, most_events: int = 3) -> MemoryQueue:
    return MemoryQueue(most_bytes=most_bytes, most_events=most_events)


def of_size(size: int, seq: int = 1) -> Queued:
    return Queued(Request(seq, "", {}, b"x" * size))


def test_events_are_taken_in_the_order_in_which_they_were_put() -> None:
    waiting = queue()
    for seq in (3, 1, 2):
        assert waiting.put(of_size(1, seq))
    assert [waiting.take() for _ in range(3)] == [of_size(1, 3), of_size(1, 1), of_size(1, 2)]


def test_number_of_events_is_bounded_until_one_is_done() -> None:
    waiting = queue(most_events=2)
    assert [waiting.put(of_size(1)) for _ in range(3)] == [True, True, False]
    taken = waiting.take()
    assert taken is not None
    assert not waiting.put(of_size(1))
    assert waiting.events == 2
    waiting.done(taken)
    assert waiting.events == 1
    assert waiting.put(of_size(1))


def test_bytes_are_bounded_until_they_are_done() -> None:
    waiting = queue(most_bytes=100)
    assert [waiting.put(of_size(size)) for size in (60, 41, 40)] == [True, False, True]
    taken = waiting.take()
    assert taken is not None
    assert not waiting.put(of_size(1))
    waiting.done(taken)
    assert waiting.put(of_size(60))


def test_event_larger_than_the_queue_is_let_in_alone() -> None:
    waiting = queue(most_bytes=100)
    assert waiting.put(of_size(1000))
    assert not waiting.put(of_size(1))
    taken = waiting.take()
    assert taken is not None
    assert not waiting.put(of_size(1000))
    waiting.done(taken)
    assert waiting.put(of_size(1000))


def test_finished_queue_gives_out_what_it_has() -> None:
    waiting = queue()
    waiting.put(of_size(1, 7))
    waiting.finish()
    assert not waiting.put(of_size(1, 8))
    assert waiting.take() == of_size(1, 7)
    assert waiting.take() is None


def test_closed_queue_gives_nothing_out_and_still_tells_how_much_it_had() -> None:
    waiting = queue()
    waiting.put(of_size(1))
    waiting.put(of_size(1))
    waiting.close()
    assert not waiting.put(of_size(1))
    assert waiting.take() is None
    assert waiting.events == 2


@pytest.mark.parametrize("end", [MemoryQueue.finish, MemoryQueue.close])
def test_waiting_taker_gets_the_next_event_and_the_end(end: Callable[[MemoryQueue], None]) -> None:
    waiting = queue()
    taken: SimpleQueue[Queued | None] = SimpleQueue()

    def take() -> None:
        taken.put(waiting.take())
        taken.put(waiting.take())

    taker = threading.Thread(target=take)
    taker.start()
    waiting.put(of_size(1, 5))
    assert taken.get(timeout=DEADLINE) == of_size(1, 5)
    end(waiting)
    assert taken.get(timeout=DEADLINE) is None
    taker.join(DEADLINE)
