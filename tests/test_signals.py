import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread

import pytest

from chatapp_tail.chatapp.description import Describer
from chatapp_tail.filters.predicate import row_matches
from chatapp_tail.filters.where import parse_test
from chatapp_tail.output.highlight import Highlighter
from chatapp_tail.signals import InterruptedBySignal, Signals, endless, held_back
from chatapp_tail.wakeup import Wakeup
from tests.support.records import said

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def wakeup() -> Iterator[Wakeup]:
    waiting = Wakeup()
    yield waiting
    waiting.close()


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_is_noted_and_ends_the_wait(wakeup: Wakeup, number: signal.Signals) -> None:
    signals = Signals()
    with signals.installed(wakeup.signal_fd) as installed:
        assert installed is signals
        assert signals.received is None
        send(number)
        wakeup.wait(None, 60)
        assert signals.received == number


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_inside_interruptible_raises_at_once(wakeup: Wakeup, number: signal.Signals) -> None:
    signals = Signals()
    reached: list[str] = []

    def blocking_call() -> None:
        with signals.interruptible():
            reached.append("before")
            send(number)
            reached.append("after")

    with signals.installed(wakeup.signal_fd):
        with pytest.raises(InterruptedBySignal):
            blocking_call()
        assert signals.received == number
    assert reached == ["before"]


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_in_what_is_endless_raises_at_once(wakeup: Wakeup, number: signal.Signals) -> None:
    signals = Signals()
    reached: list[str] = []

    @endless
    def search() -> None:
        os.kill(os.getpid(), number)
        reached.append("after")

    with signals.installed(wakeup.signal_fd):
        with pytest.raises(InterruptedBySignal):
            search()
        assert signals.received == number
    assert reached == []


BACKTRACKING = re.compile("(a+)+$")
ENDLESS_TEXT = "a" * 60 + "!"


@pytest.mark.parametrize(
    "search",
    [
        lambda: row_matches([BACKTRACKING], Describer())(said(ENDLESS_TEXT)),
        lambda: parse_test("data.message.text~(a+)+$").matches(said(ENDLESS_TEXT)),
        lambda: Highlighter([BACKTRACKING]).paint(ENDLESS_TEXT),
    ],
    ids=["grep", "where", "highlight"],
)
def test_signal_ends_a_regular_expression_that_backtracks(
    wakeup: Wakeup, search: Callable[[], object]
) -> None:
    signals = Signals()
    with signals.installed(wakeup.signal_fd):
        # One that comes after a tenth of a second of computing.
        previous = signal.signal(signal.SIGVTALRM, signal.getsignal(signal.SIGINT))
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.1)
        try:
            with pytest.raises(InterruptedBySignal):
                search()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, previous)


def test_signal_that_came_just_before_raises_too(wakeup: Wakeup) -> None:
    signals = Signals()
    with signals.installed(wakeup.signal_fd):
        send(signal.SIGTERM)
        with pytest.raises(InterruptedBySignal), signals.interruptible():
            pytest.fail("went on in spite of the signal")


def test_signal_after_interruptible_is_only_noted(wakeup: Wakeup) -> None:
    signals = Signals()
    with signals.installed(wakeup.signal_fd):
        with signals.interruptible():
            pass
        send(signal.SIGINT)
        assert signals.received == signal.SIGINT


def test_report_is_asked_for_once_and_wakes_the_wait(wakeup: Wakeup) -> None:
    signals = Signals()
    with signals.installed(wakeup.signal_fd):
        assert not signals.take_report()
        send(signal.SIGUSR1)
        wakeup.wait(None, 60)
        assert signals.take_report()
        assert not signals.take_report()
        assert signals.received is None


def test_request_for_a_report_interrupts_nothing(wakeup: Wakeup) -> None:
    signals = Signals()
    with signals.installed(wakeup.signal_fd):
        with signals.interruptible():
            send(signal.SIGUSR1)
            send(signal.SIGUSR1)
        assert signals.take_report()


def test_handlers_and_wakeup_are_restored_at_the_end(wakeup: Wakeup) -> None:
    handled = [*SIGNALS, signal.SIGUSR1]
    before = [signal.getsignal(number) for number in handled]
    with suppress(LookupError), Signals().installed(wakeup.signal_fd):
        during = [signal.getsignal(number) for number in handled]
        assert all(one != other for one, other in zip(during, before, strict=True))
        raise LookupError
    assert [signal.getsignal(number) for number in handled] == before
    previous_fd = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(previous_fd)
    assert previous_fd != wakeup.signal_fd


_SIGNALLED_TWICE = """\
import os, sys
from chatapp_tail.signals import Signals
from chatapp_tail.wakeup import Wakeup
from tests.support.records import said
first, second = map(int, sys.argv[1:])
wakeup = Wakeup()
with Signals().installed(wakeup.signal_fd):
    os.kill(os.getpid(), first)
    print("noted", flush=True)
    os.kill(os.getpid(), second)
    print("still here", flush=True)
"""


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (signal.SIGINT, signal.SIGINT, 130),
        (signal.SIGINT, signal.SIGTERM, 143),
        (signal.SIGTERM, signal.SIGINT, 130),
    ],
)
def test_second_signal_ends_the_process_on_the_spot(
    first: signal.Signals, second: signal.Signals, code: int
) -> None:
    numbers = [str(int(first)), str(int(second))]
    run = subprocess.run(
        [sys.executable, "-c", _SIGNALLED_TWICE, *numbers],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout, run.stderr) == (code, "noted\n", "")


# Held back

_HELD_BACK = """\
import os, signal, sys
from chatapp_tail.signals import held_back
seconds, *numbers = map(float, sys.argv[1:])
signal.signal(signal.SIGUSR1, lambda *_: print("not held", flush=True))
with held_back(seconds):
    for number in numbers:
        os.kill(os.getpid(), int(number))
        print("still here", flush=True)
    if seconds < 1:
        sys.stdin.read()
print("after it", flush=True)
"""


def held(*numbers: int, seconds: float = 60) -> tuple[int, list[str]]:
    """Return how a process ends that gets ``numbers`` while it holds signals back; its lines."""
    with subprocess.Popen(
        [sys.executable, "-c", _HELD_BACK, str(seconds), *map(str, map(int, numbers))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        return process.wait(10), process.stdout.read().splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_that_is_held_back_ends_the_process_afterwards(number: signal.Signals) -> None:
    code, lines = held(number)
    assert (code, lines) == (-number, ["still here"])


def test_second_signal_isnt_held_back() -> None:
    assert held(signal.SIGINT, signal.SIGTERM) == (143, ["still here"])


def test_signal_is_held_back_for_so_long_only() -> None:
    assert held(signal.SIGTERM, seconds=0.1) == (143, ["still here"])


def test_signal_that_ends_nothing_isnt_held_back() -> None:
    assert held(signal.SIGUSR1) == (0, ["not held", "still here", "after it"])


def test_ignored_signal_stays_ignored_and_handlers_come_back() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with held_back(60):
            send(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGINT) == signal.default_int_handler
    finally:
        signal.signal(signal.SIGHUP, before)


def test_no_signal_strikes_another_thread() -> None:
    reached: list[str] = []

    def run() -> None:
        with held_back(60):
            reached.append("inside")

    thread = Thread(target=run)
    thread.start()
    thread.join(5)
    assert reached == ["inside"]
