"""A call with a deadline; test_background.py has the call itself."""

import threading

import pytest

from chatapp_tail.doctor.dependencies import Limits
from chatapp_tail.errors import TransportError
from tests.doctor.given import CLOCK, interruptible


def test_call_that_takes_too_long_is_left_and_its_result_discarded() -> None:
    done, discarded = threading.Event(), threading.Event()
    began_at = CLOCK.now()
    with (
        interruptible(Limits(step=0.05)) as dependencies,
        pytest.raises(TransportError, match=r"^it took more than 0\.05 s$"),
    ):
        dependencies.bounded(lambda: done.wait(5.0), "it", discard=lambda _result: discarded.set())
    assert CLOCK.now() - began_at < 1.0
    assert not discarded.is_set()
    done.set()
    assert discarded.wait(5.0)


def test_wakeup_for_another_reason_ends_no_call() -> None:
    with interruptible() as dependencies:

        def wake_and_go_on() -> str:
            dependencies.wakeup.wake()
            threading.Event().wait(0.05)
            return "done"

        assert dependencies.bounded(wake_and_go_on, "it") == "done"
