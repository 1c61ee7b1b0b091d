"""One connection's Pusher protocol, sans I/O, with time inside.

The driver feeds in what happens (``receive_*``, ``handle_timeout``) and carries out the effects
that come back, in order. ``deadline`` is the one instant at which handle_timeout is due. A session
lives as long as its connection; the next connection gets a new one.

Instants are monotonic seconds, durations seconds. Pings go out on a fixed schedule, busy or idle:
laravel-websockets 2 silently unsubscribes a client that hasn't sent ``pusher:ping`` for 120 s.
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from chatapp_tail.errors import ApiError
from chatapp_tail.pusher import protocol
from chatapp_tail.pusher.interfaces import (
    Authorize,
    Closed,
    Connected,
    Disconnect,
    Effect,
    SendText,
    ServerError,
    Signal,
)
from chatapp_tail.pusher.protocol import Authorization, PusherEvent
from chatapp_tail.pusher.subscriptions import Delays, Subscriptions
from chatapp_tail.pusher.timing import PING_INTERVAL

_NEVER = float("inf")
_UNAUTHORIZED = 4009
_PONG_MISSING = 4201
# Bounds on the server's activity_timeout.
_LEAST_PING_INTERVAL = 1.0
_LONGEST_ACTIVITY_TIMEOUT = 86_400.0
_IS_IT_PUSHER = "It doesn't seem to be a Pusher server."
# Pusher's error for a second subscription; it has a null code and no channel field.
_EXISTING = "Existing subscription"


class SessionTimeouts(NamedTuple):
    """Seconds. ``ping_interval`` is lowered to the server's ``activity_timeout``."""

    handshake: float = 10.0
    ping_interval: float = PING_INTERVAL
    pong: float = 10.0
    subscription: float = 10.0


class _State(Enum):
    HANDSHAKE = auto()
    OPEN = auto()
    CLOSED = auto()


# Cached: enum lookup is slow, and this is asked for each message.
_OPEN = _State.OPEN


class Session:
    """The state of one connection: handshake, liveness, subscriptions."""

    def __init__(
        self,
        channels: Sequence[str],
        *,
        now: float,
        delays: Delays,
        timeouts: SessionTimeouts | None = None,
    ) -> None:
        """Begin at ``now``, with the websocket just opened. ``delays`` as in Subscriptions."""
        self._timeouts = timeouts or SessionTimeouts()
        self._state = _State.HANDSHAKE
        self._handshake_deadline = now + self._timeouts.handshake
        self._ping_interval = self._timeouts.ping_interval
        self._ping_at = _NEVER
        self._pong_deadline = _NEVER
        self._pinged_at: float | None = None
        self._subscriptions = Subscriptions(
            channels, answer_timeout=self._timeouts.subscription, delays=delays
        )
        self.last_seen = now
        self.longest_silence = 0.0
        self.round_trip: float | None = None
        self.last_pong: float | None = None

    def idle_for(self, now: float) -> float:
        """Return the seconds of silence on the connection, before a ping that has no answer yet."""
        until = self._pinged_at if self._pong_deadline < _NEVER else now
        return max((until or now) - self.last_seen, 0.0)

    @property
    def deadline(self) -> float:
        """The instant at which handle_timeout is due; infinity once it is over."""
        match self._state:
            case _State.HANDSHAKE:
                return self._handshake_deadline
            case _State.OPEN:
                return min(self._ping_at, self._pong_deadline, self._subscriptions.deadline)
            case _State.CLOSED:
                return _NEVER

    def receive_text(self, message: bytes, now: float) -> list[Effect]:
        """Take one websocket text message. Never raises, whatever it holds."""
        self._note_life(now)
        event = protocol.decode_envelope(message)
        if self._state is not _OPEN:
            return self._receive_handshake(event, now)
        if event is None:
            return [PusherEvent("", None, protocol.decode_text(message))]
        if event.event.startswith(protocol.PROTOCOL_PREFIXES):
            return self._receive_protocol(event, now)
        return [event]

    def receive_signal(self, received: Signal | Closed, now: float) -> list[Effect]:
        """Take what a read brings besides text: a control frame, a part of a message, the end."""
        if isinstance(received, Closed) and received.code is None:
            return self._disconnect(None, received.reason or "connection lost, no close frame")
        self._note_life(now)  # a close frame comes after everything that was sent
        if isinstance(received, Closed):
            code, reason = received
            return self._disconnect(code, f"closed by the server with {code} {reason}".rstrip())
        return []

    def receive_authorization(
        self, request: Authorize, outcome: Authorization | ApiError, now: float
    ) -> list[Effect]:
        """Take the answer to an Authorize effect."""
        if self._state is not _State.OPEN:
            return []
        return self._subscriptions.receive_authorization(request, outcome, now)

    def handle_timeout(self, now: float) -> list[Effect]:
        """Act on whatever is due at ``now``; nothing when it was called early."""
        if self._state is _State.HANDSHAKE and now >= self._handshake_deadline:
            reason = f"no Pusher handshake in {self._timeouts.handshake:g} s"
            return self._disconnect(None, reason, hint=_IS_IT_PUSHER)
        if self._state is not _State.OPEN:
            return []
        if now >= self._pong_deadline:
            # Reconnect at once, as for 4201: 40 s are lost, and ping phases differ, so clients of
            # one server don't stampede.
            reason = f"silent: no answer to a ping in {self._timeouts.pong:g} s"
            return self._disconnect(_PONG_MISSING, reason)
        effects = self._subscriptions.handle_timeout(now)
        if now >= self._ping_at:
            effects.append(self.ping(now))
        return effects

    def ping(self, now: float) -> SendText:
        """Return a ping to send now; the answer sets ``last_pong`` and ``round_trip``."""
        self._ping_at = now + self._ping_interval
        self._pinged_at = now
        self._pong_deadline = min(self._pong_deadline, now + self._timeouts.pong)
        return SendText(protocol.PING_TEXT)

    def _note_life(self, now: float) -> None:
        if now - self.last_seen > self.longest_silence:  # noqa: PLR1730 (max takes longer)
            self.longest_silence = now - self.last_seen
        self.last_seen = now
        self._pong_deadline = _NEVER

    def _receive_handshake(self, event: PusherEvent | None, now: float) -> list[Effect]:
        if self._state is _State.CLOSED:
            return []
        if event is None or not event.event.startswith(protocol.PROTOCOL_PREFIXES):
            reason = "the server doesn't speak the Pusher protocol"
            return self._disconnect(None, reason, hint=_IS_IT_PUSHER)
        match event.event:
            case protocol.CONNECTION_ESTABLISHED:
                return self._open(protocol.decode_object(event.data), now)
            case protocol.ERROR:
                code, message = _decode_error(event.data)
                words = f"refused by the server: {'' if code is None else code} {message}"
                return self._disconnect(code, " ".join(words.split()).removesuffix(":"))
            case protocol.PING:
                return [SendText(protocol.PONG_TEXT)]
            case _:
                return []

    def _open(self, data: dict[str, object], now: float) -> list[Effect]:
        socket_id, told = data.get("socket_id"), data.get("activity_timeout")
        if not isinstance(socket_id, str) or not socket_id:
            return self._disconnect(None, "the server's handshake has no socket_id")
        activity_timeout = protocol.DEFAULT_ACTIVITY_TIMEOUT
        if isinstance(told, int | float) and not isinstance(told, bool) and told > 0:
            told = float(min(told, _LONGEST_ACTIVITY_TIMEOUT))
            activity_timeout = max(told, _LEAST_PING_INTERVAL)
        self._state = _State.OPEN
        self._ping_interval = min(activity_timeout, self._timeouts.ping_interval)
        self._ping_at = now + self._ping_interval
        return [Connected(socket_id, activity_timeout), *self._subscriptions.start(socket_id)]

    def _receive_protocol(self, event: PusherEvent, now: float) -> list[Effect]:
        match event.event:
            case protocol.PING:
                return [SendText(protocol.PONG_TEXT)]
            case protocol.SUBSCRIPTION_SUCCEEDED:
                return self._subscriptions.confirm(event.channel, now)
            case protocol.SUBSCRIPTION_ERROR:
                return self._receive_subscription_error(event, now)
            case protocol.ERROR:
                return self._receive_error(event, now)
            case protocol.PONG if self._pinged_at is not None:
                self.round_trip = now - self._pinged_at
                self.last_pong = now
                return []
            case _:  # presence, counts and cache misses need no action
                return []

    def _receive_subscription_error(self, event: PusherEvent, now: float) -> list[Effect]:
        data = protocol.decode_object(event.data)
        reason = data.get("error") or data.get("type") or "refused by the server"
        status = protocol.decode_code(data.get("status"))
        return self._subscriptions.refuse(event.channel, str(reason), status, now)

    def _receive_error(self, event: PusherEvent, now: float) -> list[Effect]:
        """Read an error frame: no close. 4009, or no code at all, is about a subscription."""
        code, message = _decode_error(event.data)
        subscribing = event.channel or self._subscriptions.subscribing
        if code in (None, _UNAUTHORIZED) and subscribing is not None:
            if message.startswith(_EXISTING):
                _, _, named = message.partition(" to channel ")
                return self._subscriptions.confirm(named or subscribing, now)
            return self._subscriptions.refuse(event.channel, message or "refused", code, now)
        return [ServerError(code, message)]

    def _disconnect(self, code: int | None, reason: str, *, hint: str = "") -> list[Effect]:
        if self._state is _State.CLOSED:
            return []
        self._state = _State.CLOSED
        action, at_least = protocol.close_policy(code)
        hint = hint or protocol.CLOSE_HINTS.get(code or 0, "")
        return [Disconnect(action, at_least, reason, hint)]


def _decode_error(data: object) -> tuple[int | None, str]:
    error = protocol.decode_object(data)
    message = error.get("message")
    return protocol.decode_code(error.get("code")), message if isinstance(message, str) else ""
