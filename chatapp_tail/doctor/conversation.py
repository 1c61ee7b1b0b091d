"""An open websocket: the exchange of messages on it, the handshake, a ping."""

from collections.abc import Iterator, Sequence
from itertools import repeat

from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.doctor.findings import Finding, Step, failed, works
from chatapp_tail.errors import ConnectionFailedError
from chatapp_tail.pusher.interfaces import (
    Connected,
    Disconnect,
    Effect,
    SendText,
    ServerError,
    Transport,
)
from chatapp_tail.pusher.protocol import decode_text
from chatapp_tail.pusher.session import Session

_NEVER = float("inf")
CHECK_SERVER = "Check --socket-url and --app-key."
_IS_IT_PUSHER = f"Is it a Pusher server? {CHECK_SERVER}"
_COMPLAINT = "Ask whoever runs the server what that means."
_GOES_SILENT = "The server or something on the way (a proxy, a firewall) drops it: try again."


class Conversation:
    """One connection and its session. ``ended`` is None as long as it is open.

    It shares the session with the tail, but not the loop: the tail's has a dozen other things to
    do between two messages, and tries again what is a finding here.
    """

    def __init__(
        self, transport: Transport, channels: Sequence[str], dependencies: Dependencies
    ) -> None:
        """Begin with the websocket just opened; ``channels`` are the full names."""
        self._transport = transport
        self._clock = dependencies.clock
        self._status = dependencies.status
        self._wakeup = dependencies.wakeup
        self._pong_timeout = dependencies.limits.session.pong
        self._opened_at = dependencies.clock.now()
        self.session = Session(
            channels,
            now=self._opened_at,
            delays=lambda: repeat(_NEVER),
            timeouts=dependencies.limits.session,
        )
        self.ended: Disconnect | None = None
        self._complaint: ServerError | None = None

    def turns(self, deadline: float) -> Iterator[list[Effect]]:
        """Yield the effects of each turn, already carried out, until ``deadline`` or the end."""
        while self.ended is None and (now := self._clock.now()) < deadline:
            received = self._transport.receive()
            effects: list[Effect] = []
            for each in received:
                if isinstance(each, bytes):
                    self._status.frame("<", decode_text(each))
                    effects += self.session.receive_text(each, now)
                else:
                    effects += self.session.receive_signal(each, now)
            if now >= self.session.deadline:
                effects += self.session.handle_timeout(now)
            self.carry_out(effects)
            yield effects
            if not (received or effects):
                due = min(self.session.deadline, deadline)
                self._wakeup.wait(self._transport, due - self._clock.now())

    def carry_out(self, effects: Sequence[Effect]) -> None:
        """Send what is to be sent, up to the end, and note the end."""
        for effect in effects:
            match effect:
                case SendText(text) if self.ended is None:
                    self._status.frame(">", text)
                    self._transport.send_text(text)
                case Disconnect():
                    self.ended = self.ended or effect
                case ServerError():
                    self._complaint = effect
                case _:
                    pass

    def shake_hands(self) -> tuple[Finding, str]:
        """Wait for the server's first message; return the finding and the socket id, or ""."""
        for effects in self.turns(_NEVER):  # the session ends it in time
            for effect in effects:
                if isinstance(effect, Connected):
                    socket_id, timeout = effect
                    result = f"socket_id {socket_id}, activity_timeout {timeout:g} s"
                    seconds = self._clock.now() - self._opened_at
                    return works(Step.HANDSHAKE, result, seconds=seconds), socket_id
        return self._end(Step.HANDSHAKE, _IS_IT_PUSHER, self._clock.now() - self._opened_at), ""

    def ping(self) -> Finding:
        """Ping now, whatever the session's own schedule is, and wait for the pong."""
        began_at = self._clock.now()
        self.carry_out([self.session.ping(began_at)])
        for _ in self.turns(began_at + self._pong_timeout):
            pong_at = self.session.last_pong
            if pong_at is not None and pong_at >= began_at:
                return works(Step.PING, "answered by the server", seconds=pong_at - began_at)
        if self.ended is not None:
            return self._end(Step.PING, _GOES_SILENT)
        silent = ConnectionFailedError(f"no answer to a ping in {self._pong_timeout:g} s")
        return failed(Step.PING, silent, _GOES_SILENT)

    def complaints(self) -> Iterator[Finding]:
        """Yield what the server complained of last, if it did."""
        if self._complaint is not None:
            code, message = self._complaint
            said = message if code is None else f"{code} {message}"
            yield works(Step.SERVER, f"it says: {said}", _COMPLAINT)

    def _end(self, step: Step, next_step: str, seconds: float | None = None) -> Finding:
        reason = "the connection ended" if self.ended is None else self.ended.reason
        if self.ended is not None and self.ended.hint:
            next_step = f"{self.ended.hint.rstrip('.')}. {CHECK_SERVER}"
        return failed(step, ConnectionFailedError(reason), next_step, seconds=seconds)
