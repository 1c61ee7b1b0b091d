import signal

import pytest

from chatapp_tail.errors import ExitCode, OutputError
from chatapp_tail.signals import Signals
from chatapp_tail.stopping import Stop, Stopping
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeWakeup, FakeWriter


class Parts:
    """A Stopping and everything in it."""

    def __init__(self, *, lasts: float = float("inf"), has_goal: bool = False) -> None:
        self.clock = FakeClock()
        self.signals = Signals()
        self.wakeup = FakeWakeup(self.clock)
        self.writer = FakeWriter()
        self.stopping = Stopping(
            self.signals,
            self.wakeup,
            self.writer,
            self.clock,
            ends_at=self.clock.now() + lasts,
            has_goal=has_goal,
        )
        self.began_at = self.clock.now()

    @property
    def passed(self) -> float:
        return self.clock.now() - self.began_at

    def leave(self) -> None:
        self.writer.reader_left = True

    def finish(self) -> None:
        self.writer.finished = True

    def code(self) -> ExitCode:
        with pytest.raises(Stop) as stop:
            self.stopping.check()
        return stop.value.code


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, ExitCode.SIGINT), (signal.SIGTERM, ExitCode.SIGTERM)]
)
def test_signal_ends_the_run_with_its_code(number: signal.Signals, code: ExitCode) -> None:
    parts = Parts()
    parts.signals.receive(number)
    assert parts.code() is code


def test_reader_that_left_ends_the_run_well_whether_writer_or_wait_notice_it() -> None:
    parts = Parts()
    parts.writer.reader_left = True
    assert parts.code() is ExitCode.OK
    parts = Parts()
    parts.wakeup.reader_left = True
    assert parts.code() is ExitCode.OK


def test_error_of_the_writer_is_raised() -> None:
    parts = Parts()
    parts.writer.error = OutputError("full disk")
    with pytest.raises(OutputError, match="full disk"):
        parts.stopping.check()


@pytest.mark.parametrize(("has_goal", "code"), [(False, ExitCode.OK), (True, ExitCode.NOT_MET)])
def test_end_of_the_time_is_a_failure_only_with_a_goal(
    has_goal: bool,  # noqa: FBT001
    code: ExitCode,
) -> None:
    parts = Parts(lasts=30, has_goal=has_goal)
    parts.clock.advance(29.9)
    parts.stopping.check()
    parts.clock.advance(0.1)
    assert parts.code() is code


def test_signal_comes_before_every_other_end() -> None:
    parts = Parts(lasts=0)
    parts.signals.receive(signal.SIGINT)
    parts.leave()
    parts.writer.error = OutputError("full disk")
    assert parts.code() is ExitCode.SIGINT


def test_slow_reader_gets_the_time_it_needs() -> None:
    parts = Parts(lasts=1)
    parts.wakeup.plan(3_600, parts.finish)
    assert parts.stopping.drain() == 0
    assert parts.writer.finishing
    assert parts.passed == 3_600.0


def test_writer_that_has_finished_is_not_waited_for() -> None:
    parts = Parts()
    parts.finish()
    parts.writer.unwritten = 3  # it ended with an error
    assert parts.stopping.drain() == 3
    assert parts.wakeup.waits == 0


@pytest.mark.parametrize("signal_at", [0, 60], ids=["before the end", "during the end"])
def test_after_a_signal_stdout_gets_less_than_a_second(signal_at: float) -> None:
    parts = Parts()
    parts.writer.unwritten = 7
    parts.wakeup.plan(signal_at, lambda: parts.signals.receive(signal.SIGINT))
    assert parts.stopping.drain() == 7
    assert parts.passed == pytest.approx(signal_at + 0.8)


def test_nothing_counts_as_unwritten_when_the_reader_left() -> None:
    parts = Parts()
    parts.writer.unwritten = 7
    parts.wakeup.plan(2, parts.leave)
    assert parts.stopping.drain() == 0
    assert parts.passed == 2.0
