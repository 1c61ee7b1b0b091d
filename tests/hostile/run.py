"""A whole tail against a server that sends prepared bytes."""

import socket
from collections.abc import Callable
from io import StringIO

from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.errors import ChatAppTailError, ExitCode
from chatapp_tail.output.status import Status, Verbosity
from chatapp_tail.pusher.transport import WebSocketTransport
from chatapp_tail.settings import TailSettings
from chatapp_tail.tail import Tail
from chatapp_tail.wakeup import HasFileno
from tests.output.given import controls
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeAuthorizations, FakeWakeup, FakeWriter, dependencies, opened
from tests.support.mutations import Mutator
from tests.support.records import TELEGRAM, WHATSAPP

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
        """Send the next piece, then let time pass."""
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
