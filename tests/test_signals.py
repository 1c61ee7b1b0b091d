import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
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
    with closing(Wakeup()) as waiting:
        yield waiting


@pytest.fixture
def signals(wakeup: Wakeup) -> Iterator[Signals]:
    """Yield signals that are handled during the test."""
    with Signals().installed(wakeup.signal_fd) as installed:
        yield installed


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_is_noted_and_ends_the_wait(
    signals: Signals, wakeup: Wakeup, number: signal.Signals
) -> None:
    assert signals.received is None
    send(number)
    wakeup.wait(None, 60)
    assert signals.received == number


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_inside_interruptible_raises_at_once(
    signals: Signals, number: signal.Signals
) -> None:
    def wait() -> None:
        with signals.interruptible():
            send(number)
            pytest.fail("it went on")

    with pytest.raises(InterruptedBySignal):
        wait()
    assert signals.received == number


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_in_an_endless_function_raises_at_once(
    signals: Signals, number: signal.Signals
) -> None:
    @endless
    def search() -> None:
        os.kill(os.getpid(), number)
        pytest.fail("it went on")

    with pytest.raises(InterruptedBySignal):
        search()
    assert signals.received == number


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
@pytest.mark.usefixtures("signals")
def test_signal_ends_a_regular_expression_that_backtracks(search: Callable[[], object]) -> None:
    # One that comes after a tenth of a second of computing.
    previous = signal.signal(signal.SIGVTALRM, signal.getsignal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.1)
    try:
        with pytest.raises(InterruptedBySignal):
            search()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def test_signal_just_before_interruptible_raises_too(signals: Signals) -> None:
    send(signal.SIGTERM)
    with pytest.raises(InterruptedBySignal), signals.interruptible():
        pytest.fail("it went on")


def test_signal_after_interruptible_is_only_noted(signals: Signals) -> None:
    with signals.interruptible():
        pass
    send(signal.SIGINT)
    assert signals.received == signal.SIGINT


def test_request_for_a_report_wakes_the_wait_and_interrupts_nothing(
    signals: Signals, wakeup: Wakeup
) -> None:
    assert not signals.take_report()
    with signals.interruptible():
        send(signal.SIGUSR1)
        send(signal.SIGUSR1)
    wakeup.wait(None, 60)
    assert [signals.take_report(), signals.take_report()] == [True, False]
    assert signals.received is None


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


def ran(script: str, *arguments: float) -> tuple[int, list[str]]:
    """Return the exit code of a Python process that runs ``script``, and what it says."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        return process.wait(10), process.stdout.read().splitlines()


_SIGNALLED_TWICE = """\
import os, sys
from chatapp_tail.signals import Signals
from chatapp_tail.wakeup import Wakeup
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
    assert ran(_SIGNALLED_TWICE, int(first), int(second)) == (code, ["noted"])


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


def held(*numbers: signal.Signals, seconds: float = 60) -> tuple[int, list[str]]:
    """Return how a process ends that gets ``numbers`` while it holds signals back; its lines."""
    return ran(_HELD_BACK, seconds, *map(int, numbers))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_that_is_held_back_ends_the_process_afterwards(number: signal.Signals) -> None:
    code, lines = held(number)
    assert (code, lines[0]) == (-number, "still here")
    assert "after it" not in lines


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


def test_other_threads_hold_nothing_back() -> None:
    handlers: list[object] = []

    def run() -> None:
        with held_back(60):
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = Thread(target=run)
    thread.start()
    thread.join(5)
    assert handlers == [signal.getsignal(signal.SIGINT)]
