"""A server that sends anything at all: through the real transport, session, tail and every format.

Whatever it sends, the tail raises its own errors only, doesn't hang, and its output is clean.
"""

import json
import socket
from collections.abc import Callable
from io import StringIO

import pytest

from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.chatapp.values import dig
from chatapp_tail.errors import ChatAppTailError, ExitCode
from chatapp_tail.output.status import Status, Verbosity
from chatapp_tail.pusher.transport import WebSocketTransport
from chatapp_tail.settings import TailSettings
from chatapp_tail.tail import Tail
from chatapp_tail.wakeup import HasFileno
from tests.hostile.given import Sinks, for_each_input
from tests.network.given import envelope
from tests.output.given import controls
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeAuthorizations, FakeWakeup, FakeWriter, dependencies, opened
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
# Messages of the protocol itself.
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
# The documented events: name and payload.
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
# What fits into a socket's buffer; with more the test would block.
_LARGEST = 100_000
_LARGEST_DRIP = 300
# Seconds between two pieces: small steps, and jumps as of a stopped process.
_STEPS = (0.0, 0.01, 0.2)
_JUMPS = (1.5, 20.0, 130.0, 7_200.0)


class _Dripping(FakeWakeup):
    """At each wait sends a piece of the content, then advances the clock."""

    def __init__(
        self,
        clock: FakeClock,
        mutator: Mutator,
        content: bytes,
        send: Callable[[bytes], None],
        *,
        jumps: bool,
    ) -> None:
        super().__init__(clock)
        self._clock = clock
        self._mutator = mutator
        self._left = content
        self._send = send
        self._steps = _STEPS + (_JUMPS if jumps else ())
        self._is_over = False

    def wait(self, awaited: HasFileno | None, timeout: float) -> None:
        if awaited is None or self._is_over:
            super().wait(awaited, timeout)
            return
        size = self._mutator.number(1, _LARGEST_DRIP)
        self._is_over = not self._left
        self._send(self._left[:size])
        self._left = self._left[size:]
        self._clock.advance(self._steps[self._mutator.number(0, len(self._steps) - 1)])


class Run:
    """A real tail of two channels whose only connection has ``content`` to read, and an end.

    With ``drips`` it comes in pieces of any size, and with ``jumps`` hours may pass between two of
    them, as they do for a process that was stopped.
    """

    def __init__(
        self,
        content: bytes,
        *,
        notices: bool = False,
        drips: Mutator | None = None,
        jumps: bool = False,
    ) -> None:
        self._content: bytes | None = content
        self._server_end: socket.socket | None = None
        self._stderr = StringIO()
        clock, self.writer = FakeClock(), FakeWriter()
        wakeup = FakeWakeup(clock)
        if drips is not None:
            self._content = None
            wakeup = _Dripping(clock, drips, content, self._send, jumps=jumps)
        parts = dependencies(
            lambda timeout: opened(lambda: self._connect(timeout)),
            FakeAuthorizations(),
            wakeup,
            self.writer,
            clock,
            self._stderr,
            verbosity=Verbosity.FRAMES,
        )
        channels = (parse_name(TELEGRAM), parse_name(WHATSAPP))
        self._tail = Tail(TailSettings(channels, retries=0, notices=notices), parts)

    def run(self) -> None:
        """Run until the connection ends, which must be an exit code or one of our errors."""
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
        if self._content is not None:
            self._send(self._content)
            self._send(b"")
        return WebSocketTransport(ours)

    def _send(self, content: bytes) -> None:
        """Send ``content``; empty content ends the connection."""
        assert self._server_end is not None
        if content:
            assert self._server_end.send(content) == len(content)
        else:
            self._server_end.shutdown(socket.SHUT_WR)


def of_bytes(mutator: Mutator) -> bytes:
    """Return frames mutated anywhere, also in their headers."""
    frames = b"".join(mutator.one_of(FRAMES) for _ in range(mutator.number(1, 4)))
    if mutator.number(0, 3) == 0:
        frames = mutator.spliced(frames, mutator.one_of(FRAMES))
    return mutator.mutated(frames)


def of_texts(mutator: Mutator) -> bytes:
    """Return valid frames that contain mutated texts."""
    texts = [mutator.mutated(mutator.one_of(TEXTS)) for _ in range(mutator.number(1, 4))]
    return b"".join(encode_frame(TEXT, text) for text in texts)


def of_floods(mutator: Mutator) -> bytes:
    """Return large numbers of what is expensive to read: backslashes, tiny items, equal errors."""
    count = mutator.number(1, 100)
    tiny = mutator.one_of([b"0", b"[]", b"{}", b'""', b"null", b"[{}]"])
    items = b'{"data":[' + b",".join([tiny] * count) + b"]}"
    said = json.dumps("\\" * count)
    texts = [
        f'{{"event":"message","channel":"{TELEGRAM}","data":{items.decode()}}}',
        f'{{"event":"pusher:error","data":{{"code":4301,"message":{said}}}}}',
        envelope("message", {"data": [{"message": {"text": "\\" * count}}]}, TELEGRAM),
    ]
    frame = encode_frame(TEXT, texts[mutator.number(0, 2)].encode())
    return frame * mutator.number(1, 3)


def of_values(mutator: Mutator) -> bytes:
    """Return valid JSON with a value of the wrong kind in it."""
    name, sample = DOCUMENTED[mutator.number(0, len(DOCUMENTED) - 1)]
    payload = mutator.distorted({"queue": "q", "payload": sample})
    text = json.dumps(mutator.distorted(json.loads(mutator.one_of(TEXTS))))
    return b"".join(
        encode_frame(TEXT, each.encode())
        for each in (envelope(name, payload, TELEGRAM), text, envelope(name, text, WHATSAPP))
    )


@pytest.mark.parametrize("make", [of_bytes, of_texts, of_values, of_floods])
def test_any_bytes_of_a_server_end_with_our_errors_and_clean_output(
    make: Callable[[Mutator], bytes],
) -> None:
    sinks = Sinks()

    def check(mutator: Mutator) -> None:
        content = make(mutator)[:_LARGEST]
        if mutator.number(0, 4):
            content = OPENING + content
        run = Run(content, notices=mutator.number(0, 19) == 0)  # validating notices is slow
        run.run()
        sinks.check(run.writer.records)

    for_each_input(check)


def test_small_pieces_and_pauses_lose_and_repeat_nothing() -> None:
    def check(mutator: Mutator) -> None:
        count = mutator.number(1, 8)
        frames = [
            encode_frame(TEXT, envelope("message", {"data": [{"id": n}]}, TELEGRAM).encode())
            for n in range(count)
        ]
        jumps = mutator.number(0, 1) == 1
        run = Run(OPENING + b"".join(frames), drips=mutator, jumps=jumps)
        run.run()
        arrived = [dig(record.data, "id") for record in run.writer.records]
        assert arrived == list(range(len(arrived)))
        assert jumps or len(arrived) == count

    for_each_input(check)


def test_inputs_reach_every_part() -> None:
    """Mutated input is useless if all of it fails at the first check."""
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
