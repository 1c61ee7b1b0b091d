"""How forwarding ends: with everything sent, at a timeout, at once."""

import os
import signal
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from chatapp_tail.clock import SystemClock
from chatapp_tail.forwarding.forwarder import Forwarder, finish_all, stop_all
from chatapp_tail.forwarding.result import Counts
from chatapp_tail.signals import InterruptedBySignal, Signals
from chatapp_tail.wakeup import Wakeup
from tests.forwarding.given import (
    DEADLINE,
    Reports,
    Webhook,
    event,
    finish,
    forwarding,
    poster,
    put_all,
    threads,
)
from tests.support.cli_process import AT_ONCE
from tests.support.credentials import Certificates
from tests.support.loopback_http import Answer
from tests.support.scripted_server import Peer, ScriptedServer
from tests.support.waiting import wait_until

CLOCK = SystemClock()
HANGING = Answer(delay=60.0)


@pytest.fixture
def reports() -> Reports:
    return Reports()


@contextmanager
def at_once() -> Iterator[None]:
    """Fail if the block takes long."""
    began = CLOCK.now()
    yield
    assert CLOCK.now() - began < AT_ONCE


def stop_at_once(forwarder: Forwarder) -> None:
    with at_once():
        stop_all([forwarder])
        wait_until(lambda: not threads(), "the thread to end", AT_ONCE)


@pytest.mark.parametrize("timeout", [DEADLINE, None])
def test_finishing_waits_for_what_is_queued(reports: Reports, timeout: float | None) -> None:
    with (
        Webhook(Answer(delay=0.02)) as webhook,
        forwarding(webhook.url, reports) as forwarder,
    ):
        put_all(forwarder, range(10))
        assert finish(forwarder, timeout) == 0
        assert threads() == []
        assert len(reports.news) == 10
    assert webhook.items == list(range(10))


def test_finishing_gives_up_at_the_timeout_and_counts_what_is_left(reports: Reports) -> None:
    with (
        Webhook(Answer(), HANGING) as webhook,
        forwarding(webhook.url, reports) as forwarder,
    ):
        put_all(forwarder, range(5))
        reports.wait_for(1)
        with at_once():
            assert finish(forwarder, 0.1) == 4
        assert forwarder.counts == Counts(sent=1, waiting=4)
    assert reports.sentences == ["forwarded #0: 200 in 0 ms"]


def test_timeout_is_for_all_webhooks_together(reports: Reports) -> None:
    with (
        Webhook(HANGING) as webhook,
        forwarding(webhook.url, reports) as first,
        forwarding(webhook.url, reports) as second,
        forwarding(webhook.url, reports) as third,
    ):
        for forwarder in (first, second, third):
            forwarder.put(event(1))
        began = CLOCK.now()
        finish_all([first, second, third], CLOCK, 1.0)
        assert 1.0 <= CLOCK.now() - began < 2.0
    assert reports.news == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_stopping_ends_a_request_that_is_under_way(
    reports: Reports, certificates: Certificates, scheme: str
) -> None:
    context = ssl.create_default_context(cafile=certificates.ca)
    with (
        Webhook(HANGING, certificates=certificates if scheme == "https" else None) as webhook,
        forwarding(poster(webhook.url, context=context), reports) as forwarder,
    ):
        put_all(forwarder, (1, 2))
        assert webhook.arrived.wait(DEADLINE)
        stop_at_once(forwarder)
    assert reports.news == []
    assert forwarder.counts == Counts(waiting=2)


def test_stopping_ends_the_pause_before_the_next_try(reports: Reports) -> None:
    answer = Answer(503, {"Retry-After": "300"})
    with Webhook(answer) as webhook, forwarding(webhook.url, reports) as forwarder:
        put_all(forwarder, (1, 2))
        reports.wait_for(1)
        stop_at_once(forwarder)
    assert reports.sentences == ["#1: 503 in 0 ms; next try in 5m 0s (try 2 of 6)"]
    assert forwarder.counts == Counts(waiting=2)


def test_stopping_does_not_wait_for_a_connection_that_is_not_open_yet(reports: Reports) -> None:
    connected = threading.Event()

    def never_answer(peer: Peer) -> None:
        connected.set()
        peer.wait_until_left()

    with ScriptedServer(never_answer) as server:
        url = f"https://localhost:{server.port}/"
        with forwarding(poster(url, connect_timeout=0.5), reports) as forwarder:
            forwarder.put(event(1))
            assert connected.wait(DEADLINE)
            with at_once():
                stop_all([forwarder])
    assert reports.news == []
    assert forwarder.counts == Counts(waiting=1)


def test_stop_after_the_end_changes_nothing_and_later_events_are_dropped(reports: Reports) -> None:
    with Webhook() as webhook, forwarding(webhook.url, reports) as forwarder:
        forwarder.put(event(1))
        assert finish(forwarder) == 0
        stop_all([forwarder])
        assert finish(forwarder, None) == 0
        assert not forwarder.put(event(2))
    assert webhook.items == [1]
    assert forwarder.counts == Counts(sent=1, dropped=1)


@pytest.mark.skipif(sys.platform != "linux", reason="nowhere to look for open sockets")
def test_no_socket_is_left_open(reports: Reports) -> None:
    before = open_sockets()
    with Webhook() as webhook, forwarding(webhook.url, reports) as forwarder:
        forwarder.put(event(1))
        assert finish(forwarder) == 0
        webhook.die()
        wait_until(lambda: open_sockets() == before, "all sockets to be closed")


def open_sockets() -> set[str]:
    """Return the names of this process's sockets."""
    names = set()
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # it was closed meanwhile
            names.add(str(file.readlink()))
    return {name for name in names if name.startswith("socket:")}


def test_ctrl_c_ends_a_finish_without_a_limit(reports: Reports) -> None:
    signals, wakeup = Signals(), Wakeup()
    with (
        Webhook(HANGING) as webhook,
        forwarding(webhook.url, reports) as forwarder,
        signals.installed(wakeup.signal_fd),
    ):
        forwarder.put(event(1))
        assert webhook.arrived.wait(DEADLINE)
        ctrl_c = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        ctrl_c.start()
        with at_once(), pytest.raises(InterruptedBySignal), signals.interruptible():
            finish(forwarder, None)
        ctrl_c.join()
        assert forwarder.counts == Counts(waiting=1)
    wakeup.close()
