import threading

import pytest

from chatapp_tail.doctor.dependencies import Limits
from chatapp_tail.errors import TransportError
from chatapp_tail.signals import InterruptedBySignal
from tests.doctor.given import CLOCK, interruptible, press_ctrl_c

SHORT = Limits(step=0.05)


def test_call_that_is_done_in_time_returns_or_raises_as_itself() -> None:
    with interruptible() as parts:
        assert parts.bounded(lambda: "done", "it") == "done"
        with pytest.raises(TimeoutError, match=r"^its own$"):
            parts.bounded(lambda: _raise(TimeoutError("its own")), "it")


def test_call_that_takes_too_long_is_left_and_what_it_brings_is_thrown_away() -> None:
    done, thrown_away = threading.Event(), threading.Event()
    began_at = CLOCK.now()
    with (
        interruptible(SHORT) as short,
        pytest.raises(TransportError, match=r"^it took more than 0\.05 s$"),
    ):
        short.bounded(lambda: done.wait(5.0), "it", discard=lambda _result: thrown_away.set())
    assert CLOCK.now() - began_at < 1.0
    assert not thrown_away.is_set()
    done.set()
    assert thrown_away.wait(5.0)


def test_failure_that_comes_too_late_is_forgotten() -> None:
    done, failing = threading.Event(), threading.Event()

    def fail() -> None:
        done.wait(5.0)
        failing.set()
        raise ValueError

    with interruptible(SHORT) as short, pytest.raises(TransportError):
        short.bounded(fail, "it")
    done.set()
    assert failing.wait(5.0)


def test_being_woken_for_nothing_shortens_no_wait() -> None:
    with interruptible() as parts:
        parts.wakeup.wake()
        done = threading.Event()

        def wake_and_go_on() -> str:
            parts.wakeup.wake()
            done.wait(0.05)
            return "done"

        assert parts.bounded(wake_and_go_on, "it") == "done"


def test_ctrl_c_ends_the_wait_at_once() -> None:
    done, thrown_away = threading.Event(), threading.Event()

    def interrupt_and_stay() -> bool:
        press_ctrl_c()
        return done.wait(5.0)

    began_at = CLOCK.now()
    with interruptible() as parts, pytest.raises(InterruptedBySignal):
        parts.bounded(interrupt_and_stay, "it", discard=lambda _result: thrown_away.set())
    assert CLOCK.now() - began_at < 1.0
    done.set()
    assert thrown_away.wait(5.0)


def _raise(error: Exception) -> None:
    raise error
