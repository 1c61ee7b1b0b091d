"""An open websocket and its session, driven as the tail drives it, but one deadline at a time."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import assert_never

from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.pusher import protocol
from chatapp_tail.pusher.effects import Disconnect, Effect, SendText, ServerError
from chatapp_tail.pusher.link import Closed, Received, Signal, Transport
from chatapp_tail.pusher.session import Session

_NEVER = float("inf")


class Dialog:
    """What is said on it, and how it ended: ``ended`` is None as long as it is open."""

    def __init__(
        self,
        transport: Transport,
        channels: Sequence[str],
        dependencies: Dependencies,
    ) -> None:
        """Begin with the websocket just opened; ``channels`` are the full names."""
        self._transport = transport
        self._clock = dependencies.clock
        self._status = dependencies.status
        # What the tail tries again is a finding here.
        self.opened_at = dependencies.clock.now()
        self.session = Session(
            channels,
            now=self.opened_at,
            delays=lambda: repeat(_NEVER),
            timeouts=dependencies.limits.session,
        )
        self.wakeup = dependencies.wakeup
        self.ended: Disconnect | None = None
        self.complaint: ServerError | None = None
        self.pong_at: float | None = None

    def turns(self, deadline: float) -> Iterator[list[Effect]]:
        """Yield the effects of each turn, already done, until ``deadline`` or the end."""
        while self.ended is None and (now := self._clock.now()) < deadline:
            received = self._transport.receive()
            effects = [effect for each in received for effect in self._receive(each, now)]
            if now >= self.session.deadline:
                effects += self.session.handle_timeout(now)
            self.do(effects)
            yield effects
            if not (received or effects):
                due = min(self.session.deadline, deadline)
                self.wakeup.wait(self._transport, due - self._clock.now())

    def do(self, effects: Sequence[Effect]) -> None:
        """Send what is to be sent, and note the end."""
        for effect in effects:
            match effect:
                case SendText(text):
                    self.send(text)
                case Disconnect():
                    self.ended = self.ended or effect
                case ServerError():
                    self.complaint = effect
                case _:
                    pass

    def send(self, text: str) -> None:
        """Send ``text``; nothing is sent after the end of the line."""
        if self.ended is None:
            self._status.frame(">", text)
            self._transport.send_text(text)

    def ping(self) -> None:
        """Ping now, whatever the session's schedule is; ``pong_at`` is None until the pong."""
        self.pong_at = None
        self.send(protocol.PING_TEXT)

    def _receive(self, received: Received, now: float) -> list[Effect]:
        match received:
            case bytes():
                self._status.frame("<", protocol.decode_text(received))
                self._note(received, now)
                return self.session.receive_text(received, now)
            case Closed(code, reason):
                return self.session.receive_close(code, reason)
            case Signal():
                self.session.receive_alive(now)
                return []
            case _:
                assert_never(received)

    def _note(self, message: bytes, now: float) -> None:
        event = protocol.decode_envelope(message)
        if event is not None and event.event == protocol.PONG:
            self.pong_at = now
