import socket
import threading

import pytest

from chatapp_tail.clock import SystemClock
from chatapp_tail.network.cuttable import CutError, CuttableSocket
from tests.network.given import Pair


def exchange(cuttable: CuttableSocket, connected: socket.socket, seconds: float = 5.0) -> bytes:
    """Receive something over a connection that ``cuttable`` holds."""
    with cuttable.within(seconds):
        cuttable.hold(connected)
        return connected.recv(100)


def test_exchange_within_its_time_succeeds(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"hello")
    assert exchange(CuttableSocket(), ours) == b"hello"


def test_overdue_exchange_is_ended(pair: Pair) -> None:
    clock = SystemClock()
    began_at = clock.now()
    with pytest.raises(CutError, match=r"^no whole answer in 0\.05 s$") as caught:
        exchange(CuttableSocket(), pair[0], 0.05)
    assert caught.value.is_overdue
    assert clock.now() - began_at < 1.0


def test_another_thread_can_cut_an_exchange(pair: Pair) -> None:
    cuttable = CuttableSocket()
    cutting = threading.Timer(0.05, cuttable.cut)
    cutting.start()
    with pytest.raises(CutError, match=r"^abandoned$") as caught:
        exchange(cuttable, pair[0])
    cutting.join()
    assert not caught.value.is_overdue


def test_connection_that_is_made_too_late_is_ended(pair: Pair) -> None:
    cuttable = CuttableSocket()

    def connect_too_late() -> None:
        with cuttable.within(5.0):
            cuttable.cut()
            cuttable.hold(pair[0])
            assert pair[0].recv(100) == b""

    with pytest.raises(CutError):
        connect_too_late()


def test_failure_after_the_cut_is_reported_as_the_cut(pair: Pair) -> None:
    cuttable = CuttableSocket()

    def send_after_the_cut() -> None:
        with cuttable.within(5.0):
            cuttable.hold(pair[0])
            cuttable.cut()
            pair[0].sendall(b"hello")

    with pytest.raises(CutError):
        send_after_the_cut()


def test_failure_of_another_cause_is_passed_on() -> None:
    with pytest.raises(ValueError, match=r"^its own$"), CuttableSocket().within(5.0):
        raise ValueError("its own")


def test_exchange_after_a_cut_one_is_not_affected(pair: Pair) -> None:
    cuttable = CuttableSocket()
    with pytest.raises(CutError):
        exchange(cuttable, pair[0], 0.01)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"hello")
        assert exchange(cuttable, ours) == b"hello"


def test_cut_between_two_exchanges_ends_the_kept_connection_alone(pair: Pair) -> None:
    cuttable = CuttableSocket()
    ours, theirs = pair
    theirs.sendall(b"hello")
    assert exchange(cuttable, ours) == b"hello"
    cuttable.cut()
    assert theirs.recv(100) == b""
    with cuttable.within(5.0):
        pass


def test_closed_socket_ends_each_later_exchange(pair: Pair) -> None:
    cuttable = CuttableSocket()
    cuttable.close()
    for _ in range(2):
        with pytest.raises(CutError, match=r"^abandoned$"):
            exchange(cuttable, pair[0])
