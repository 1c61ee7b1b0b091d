"""A server that sends anything at all: through the real transport, session, tail and every format.

Neither what it sends nor how may raise anything but our own errors, wait, or reach a terminal.
"""

import json
import socket
from collections.abc import Callable
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.errors import ChatAppTailError, ExitCode
from chatapp_tail.output.status import Status, Verbosity
from chatapp_tail.pusher.transport import WebSocketTransport
from chatapp_tail.settings import TailSettings
from chatapp_tail.signals import Signals
from chatapp_tail.stopping import Stopping
from chatapp_tail.tail import Parts, Tail
from tests.chatapp.given import hostile_text, json_values
from tests.hostile.given import INPUTS, Sinks, for_each_input
from tests.network.given import envelope
from tests.output.given import controls
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeAuthorizations, FakeWakeup, FakeWriter, Opened
from tests.support.mutations import Mutator
from tests.support.records import TELEGRAM, WHATSAPP
from tests.support.scripted_server import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    encode_frame,
    encode_header,
)

ESTABLISHED = envelope(
    "pusher:connection_established", {"socket_id": "123.456", "activity_timeout": 120}
)
# What servers say of themselves; each is a text message.
PROTOCOL = (
    ESTABLISHED,
    envelope("pusher_internal:subscription_succeeded", {}, TELEGRAM),
    envelope("pusher_internal:subscription_succeeded", {}, WHATSAPP),
    envelope("pusher:subscription_error", {"type": "AuthError", "status": 403}, TELEGRAM),
    envelope("pusher:error", {"code": 4009, "message": "Connection is unauthorized"}),
    '{"event":"pusher:error","data":{"code":null,"message":"Existing subscription to channel x"}}',
    envelope("pusher:ping", {}),
    envelope("pusher:pong", {}),
)
# What happens, as the documentation has it: name and payload.
DOCUMENTED = [(name, sample) for name in EVENTS for sample in samples(name)]
EVENT_TEXTS = [
    envelope(name, {"queue": "q", "payload": sample}, TELEGRAM) for name, sample in DOCUMENTED
]
TEXTS = [text.encode() for text in (*PROTOCOL, *EVENT_TEXTS)]
FRAMES = [
    *(encode_frame(TEXT, text) for text in TEXTS),
    encode_frame(PING, b"are you there?"),
    encode_frame(PONG, b""),
    encode_frame(CLOSE, b"\x10\x68restart"),
    encode_frame(BINARY, TEXTS[-1]),
    encode_frame(TEXT, TEXTS[-1][:50], fin=False) + encode_frame(CONTINUATION, TEXTS[-1][50:]),
    encode_header(TEXT, 2**40),
]
OPENING = b"".join(encode_frame(TEXT, text.encode()) for text in PROTOCOL[:2])
# More than this fits into no socket at once; the test would wait for itself.
_LARGEST = 100_000


class Run:
    """A real tail of two channels whose only connection has ``content`` to read, and an end."""

    def __init__(self, content: bytes, *, notices: bool = False) -> None:
        self._content = content
        self._server_end: socket.socket | None = None
        self._stderr = StringIO()
        clock, self.writer = FakeClock(), FakeWriter()
        parts = Parts(
            lambda timeout: Opened(lambda: self._connect(timeout)),
            FakeAuthorizations(),
            self.writer,
            self.writer,
            Stopping(
                Signals(),
                FakeWakeup(clock),
                self.writer,
                clock,
                ends_at=float("inf"),
                is_awaiting=False,
            ),
            Status(self._stderr, Verbosity.FRAMES),
            clock,
        )
        channels = (parse_name(TELEGRAM), parse_name(WHATSAPP))
        self._tail = Tail(TailSettings(channels, retries=0, notices=notices), parts)

    def run(self) -> None:
        """Live through the connection; whatever was sent, it ends in one of our errors."""
        try:
            code = self._tail.run()
            assert isinstance(code, ExitCode)
        except ChatAppTailError as error:
            Status(self._stderr).error(error)
        finally:
            if self._server_end is not None:
                self._server_end.close()
        self._tail.report_summary()
        assert controls(self._stderr.getvalue()) == ""

    def _connect(self, _timeout: float) -> WebSocketTransport:
        ours, self._server_end = socket.socketpair()
        self._server_end.settimeout(0)
        assert self._server_end.send(self._content) == len(self._content)
        self._server_end.shutdown(socket.SHUT_WR)
        return WebSocketTransport(ours)


def of_bytes(mutator: Mutator) -> bytes:
    """Return frames, changed where their headers may be, too."""
    frames = b"".join(mutator.one_of(FRAMES) for _ in range(mutator.number(1, 4)))
    if mutator.number(0, 3) == 0:
        frames = mutator.spliced(frames, mutator.one_of(FRAMES))
    return mutator.mutated(frames)


def of_texts(mutator: Mutator) -> bytes:
    """Return good frames around changed texts."""
    texts = [mutator.mutated(mutator.one_of(TEXTS)) for _ in range(mutator.number(1, 4))]
    return b"".join(encode_frame(TEXT, text) for text in texts)


def of_values(mutator: Mutator) -> bytes:
    """Return good JSON around a value where another one belongs."""
    name, sample = DOCUMENTED[mutator.number(0, len(DOCUMENTED) - 1)]
    payload = mutator.distorted({"queue": "q", "payload": sample})
    text = json.dumps(mutator.distorted(json.loads(mutator.one_of(TEXTS))))
    return b"".join(
        encode_frame(TEXT, each.encode())
        for each in (envelope(name, payload, TELEGRAM), text, envelope(name, text, WHATSAPP))
    )


@pytest.mark.parametrize("make", [of_bytes, of_texts, of_values])
def test_whatever_a_server_sends_ends_in_words_and_clean_output(
    make: Callable[[Mutator], bytes],
) -> None:
    sinks = Sinks()

    def check(mutator: Mutator) -> None:
        content = make(mutator)[:_LARGEST]
        if mutator.number(0, 4):
            content = OPENING + content
        run = Run(content, notices=mutator.number(0, 19) == 0)  # checking them by schema takes time
        run.run()
        sinks.check(run.writer.records)

    for_each_input(check)


@given(
    hostile_text(40) | st.sampled_from(list(EVENTS)),
    st.none() | st.just(TELEGRAM) | hostile_text(40),
    json_values(8),
    st.booleans(),
)
@settings(deadline=None, max_examples=max(INPUTS // 20, 50))
def test_whatever_an_envelope_holds_comes_out_clean(
    event: str,
    channel: str | None,
    data: object,
    is_encoded: bool,  # noqa: FBT001
) -> None:
    text = json.dumps(
        {"event": event, "channel": channel, "data": json.dumps(data) if is_encoded else data}
    )
    run = Run(OPENING + encode_frame(TEXT, text.encode()))
    run.run()
    Sinks().check(run.writer.records)


def test_inputs_are_the_same_for_the_same_seed() -> None:
    assert of_bytes(Mutator(5)) == of_bytes(Mutator(5)) != of_bytes(Mutator(6))
    assert of_values(Mutator(5)) == of_values(Mutator(5)) != of_values(Mutator(6))


def test_inputs_reach_every_part() -> None:
    """Changed input is worth nothing if all of it ends at the first gate."""
    seen: set[str] = set()
    malformed = 0

    def check(mutator: Mutator) -> None:
        nonlocal malformed
        run = Run(OPENING + of_values(mutator)[:_LARGEST])
        run.run()
        seen.update(record.envelope.event for record in run.writer.records)
        malformed += any(record.envelope.malformed for record in run.writer.records)

    for seed in range(200):
        check(Mutator(seed))
    assert seen >= set(EVENTS)
    assert malformed > 20
