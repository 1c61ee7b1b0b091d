"""The number of hostile inputs in this folder's tests, and the checks of their output."""

import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime

from rich.cells import cell_len

from chatapp_tail.chatapp.record import Record
from chatapp_tail.clock import SystemClock
from chatapp_tail.output import TimeFormat
from chatapp_tail.output.pretty import PrettySink
from chatapp_tail.output.row import PlainSink, RowMaker
from chatapp_tail.output.sink import JsonSink, RawSink, Sink
from tests.output.given import controls, table, without_colors
from tests.support.mutations import Mutator
from tests.support.records import STARTED_AT
from tests.support.scripted_server import Peer

# HOSTILE_INPUTS=100000 takes a night. The n-th input has the n-th seed after HOSTILE_SEED.
INPUTS = int(os.environ.get("HOSTILE_INPUTS", "250"))
SEED = int(os.environ.get("HOSTILE_SEED", "1"))
# The time limit for each input, in seconds.
_SLOW = 5.0
_CLOCK = SystemClock()
WIDTHS = (1, 7, 30, 80, 200)
# How long a client may wait for an answer, in seconds; every one comes at once.
PATIENCE = 2.0


class ScriptedAnswer:
    """A script that answers each request with ``answer``, valid or not, and hangs up.

    ``ACCEPT`` in it becomes the key with which a websocket server must answer the request.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answer = b""

    def __call__(self, peer: Peer) -> None:
        request = peer.read_request()
        peer.read(int(request.headers.get("content-length", "0")))
        peer.send_raw(self.answer.replace(b"ACCEPT", request.accept_key().encode()))


def for_each_input(check: Callable[[Mutator], object]) -> None:
    """Call ``check`` for each input; a failure says how to repeat it."""
    for seed in range(SEED, SEED + INPUTS):
        began = _CLOCK.now()
        try:
            check(Mutator(seed))
            assert _CLOCK.now() - began < _SLOW
        except BaseException as exc:
            exc.add_note(f"HOSTILE_SEED={seed} HOSTILE_INPUTS=1 repeats this")
            raise


class Sinks:
    """Every format; ``check`` renders records with each and looks at what would be on stdout."""

    def __init__(self, started_at: datetime = STARTED_AT) -> None:
        self._plain = PlainSink(RowMaker(TimeFormat.LOCAL, started_at, cut=False))
        self._bare, self._colored = PrettySink(color=False), PrettySink(color=True)
        self._tables = [
            (width, full, table(width, full=full), table(width, full=full, color=True))
            for width in WIDTHS
            for full in (False, True)
        ]
        self._turn = 0

    def check(self, records: Sequence[Record]) -> None:
        """Render ``records`` in every format, and in tables of one width after the other."""
        for record in records:
            for sink in (JsonSink(), RawSink()):
                check_line(sink, record)
            line = self._plain.render(record).decode()
            assert line.count("\t") == 5
            assert line.count("\n") == 1
            assert controls(line.replace("\t", "")) == ""
            self._check_pretty(record)
            self._check_table(record)

    def _check_pretty(self, record: Record) -> None:
        bare = self._bare.render(record).decode()
        assert controls(bare) == ""
        assert without_colors(self._colored.render(record)) == bare
        json.loads(bare)

    def _check_table(self, record: Record) -> None:
        width, full, plain, colored = self._tables[self._turn % len(self._tables)]
        self._turn += 1
        text = plain.render(record).decode()
        assert controls(text) == ""
        *lines, last = text.split("\n")
        assert last == ""
        assert max(map(cell_len, lines)) <= width
        assert full or len(lines) == 1
        painted = without_colors(colored.render(record)).split("\n")
        assert [line.rstrip() for line in painted] == [*lines, ""]


def check_line(sink: Sink, record: Record) -> None:
    """Assert that a JSON format gives one line that parses alone, without control characters."""
    line = sink.render(record).decode()
    assert line.count("\n") == 1
    assert controls(line) == ""
    json.loads(line)
