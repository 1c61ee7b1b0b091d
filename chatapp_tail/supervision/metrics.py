"""``--metrics PORT|FILE``: figures of the run for Prometheus, by prometheus-client.

A port answers HTTP on loopback alone; a file is for node_exporter's textfile collector, and is
replaced as a whole.
"""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp_tail.clock import Clock
from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.result import Counts
from chatapp_tail.supervision.systemd import Facts, Tell
from chatapp_tail.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import Metric

# How often a file is written, in seconds.
_FILE_INTERVAL = 10.0
_LOOPBACK = "127.0.0.1"
_OPTION = "metrics"
_INSTALL = "pipx install 'chatapp-tail[metrics]'"


class Metrics:
    """A timer of the run, and a collector of prometheus-client."""

    def __init__(
        self,
        where: int | Path,
        *,
        clock: Clock,
        warn: "Callable[[str], object]",
        forwarded: "Callable[[], Counts] | None" = None,
    ) -> None:
        """``where`` is a port or a file; ``forwarded`` returns what became of forwarded events, and
        is None without a webhook. Raises ``UsageError`` if the port is in use.
        """
        try:
            from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415
        except ImportError as exc:
            raise UsageError(
                "it needs the package prometheus-client",
                hint=f"Install it: {_INSTALL}",
                option=_OPTION,
            ) from exc
        self._clock = clock
        self._warn = warn
        self._forwarded = forwarded or Counts
        self._tell: Tell | None = None
        self._file = where if isinstance(where, Path) else None
        self._has_failed = False
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._server: WSGIServer | None = None
        self.deadline = math.inf
        if isinstance(where, int):
            try:
                self._server, _ = start_http_server(where, addr=_LOOPBACK, registry=self._registry)
            except OSError as exc:
                raise UsageError(
                    f"port {where} can't be used: {exc.strerror or exc}",
                    hint="Choose another port, or name a file.",
                    option=_OPTION,
                ) from exc

    def begin(self, tell: Tell) -> None:
        """Publish what ``tell`` returns from now on."""
        self._tell = tell
        if self._file is not None:
            self.deadline = self._clock.now()

    def handle_timeout(self, now: float) -> None:
        """Write the file if it is time for that."""
        if now >= self.deadline:
            self.deadline = now + _FILE_INTERVAL
            self._write()

    def close(self) -> None:
        """Write the file once more; end the server."""
        if self._tell is not None:
            self._write()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def collect(self) -> "Iterator[Metric]":
        """Yield the metrics for prometheus-client, which calls this in a thread of its own."""
        if self._tell is not None:
            yield from _metrics(self._tell(), self._forwarded())

    def _write(self) -> None:
        if self._file is None:
            return
        from prometheus_client import write_to_textfile  # noqa: PLC0415

        try:
            write_to_textfile(str(self._file), self._registry)
        except OSError as exc:
            if not self._has_failed:
                self._warn(
                    f"{self._file} can't be written: {exc.strerror or exc}; tried again every "
                    f"{format_duration(_FILE_INTERVAL)}"
                )
            self._has_failed = True
        else:
            self._has_failed = False


def _metrics(facts: Facts, forwarded: Counts) -> "Iterator[Metric]":
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415

    events = CounterMetricFamily(
        "chatapp_tail_events",
        "Items of events by what became of them.",
        labels=["event", "channel", "outcome"],
    )
    for row in facts.summary.rows:
        outcomes = {"shown": row.shown, "filtered": row.filtered, "dropped": row.dropped}
        for outcome, count in outcomes.items():
            events.add_metric([row.event, row.channel, outcome], count)
    yield events
    posted = CounterMetricFamily(
        "chatapp_tail_forwarded_events",
        "Events for webhooks by what became of them.",
        labels=["outcome"],
    )
    posted.add_metric(["sent"], forwarded.sent)
    posted.add_metric(["refused"], forwarded.failed)
    posted.add_metric(["dropped"], forwarded.dropped)
    yield posted
    for name, about, value in (
        ("gaps", "Times when no channel or not all of them were watched.", facts.summary.gaps),
        ("gap_seconds", "Seconds of these.", facts.summary.gap_seconds),
        ("connections", "Connections that were opened.", facts.connections),
    ):
        yield CounterMetricFamily(f"chatapp_tail_{name}", about, value=value)
    last = math.nan if facts.last_event_at is None else facts.last_event_at.timestamp()
    trip = math.nan if facts.round_trip is None else facts.round_trip
    for name, about, gauge in (
        ("channels", "Channels that are asked for.", facts.channels),
        ("subscribed_channels", "Channels that are watched now.", facts.subscribed),
        ("unwritten_records", "Records that wait for stdout.", facts.unwritten),
        ("events_to_forward", "Events that wait for webhooks.", forwarded.waiting),
        ("last_event_timestamp_seconds", "When the last event came; NaN before the first.", last),
        ("round_trip_seconds", "The last ping's round trip; NaN before the first.", trip),
    ):
        yield GaugeMetricFamily(f"chatapp_tail_{name}", about, value=gauge)
