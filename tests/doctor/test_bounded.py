import signal
import threading

import pytest

from chatapp_tail.doctor.bounded import TookTooLongError, within
from tests.doctor.given import CLOCK


def test_call_that_is_done_in_time_returns_or_raises_as_itself() -> None:
    assert within(5.0, lambda: "done") == "done"
    with pytest.raises(TimeoutError, match=r"^its own$"):
        within(5.0, lambda: _raise(TimeoutError("its own")))


def test_call_that_takes_too_long_is_left_and_what_it_brings_is_thrown_away() -> None:
    done, thrown_away = threading.Event(), threading.Event()
    began_at = CLOCK.now()
    with pytest.raises(TookTooLongError, match=r"^no end in 0\.05 s$"):
        within(0.05, lambda: done.wait(5.0), discard=lambda _result: thrown_away.set())
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

    with pytest.raises(TookTooLongError):
        within(0.05, fail)
    done.set()
    assert failing.wait(5.0)


def test_ctrl_c_ends_the_wait_at_once() -> None:
    done, thrown_away = threading.Event(), threading.Event()
    main = threading.main_thread().ident
    assert main is not None

    def interrupt_and_stay() -> bool:
        signal.pthread_kill(main, signal.SIGINT)
        return done.wait(5.0)

    began_at = CLOCK.now()
    with pytest.raises(KeyboardInterrupt):
        within(5.0, interrupt_and_stay, discard=lambda _result: thrown_away.set())
    assert CLOCK.now() - began_at < 1.0
    done.set()
    assert thrown_away.wait(5.0)


def _raise(error: Exception) -> None:
    raise error
