"""The subscriptions of one connection, sans I/O: authorize, subscribe, await the answer.

All channels are authorized as fast as the API answers, but subscribed one at a time: servers
refuse with an error that doesn't say which channel it means (laravel-websockets, Reverb), and
laravel-websockets doesn't answer a bad subscribe at all.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from chatapp_tail.errors import ApiError, ApiUnavailableError
from chatapp_tail.pusher.interfaces import (
    Authorize,
    Effect,
    Postponed,
    Refused,
    SendText,
    Subscribed,
)
from chatapp_tail.pusher.protocol import Authorization, subscribe_text

Delays = Callable[[], Iterator[float]]


class Subscriptions:
    """What is known of each channel on this connection. All instants are monotonic seconds.

    ``subscribing`` is the channel whose subscription awaits the server's answer.
    """

    def __init__(self, channels: Sequence[str], *, answer_timeout: float, delays: Delays) -> None:
        """``delays`` starts a series of pauses between the attempts for one channel."""
        self._channels = tuple(dict.fromkeys(channels))
        self._answer_timeout = answer_timeout
        self._new_delays = delays
        self._socket_id = ""
        self._authorized: deque[tuple[str, Authorization]] = deque()
        self.subscribing: str | None = None
        self._answer_deadline: float | None = None
        self._settled: set[str] = set()
        self._unanswered: set[str] = set()
        self._retries: dict[str, float] = {}
        self._attempts: dict[str, Iterator[tuple[int, float]]] = {}

    @property
    def deadline(self) -> float:
        """When handle_timeout is due; infinity when nothing is awaited."""
        retry = min(self._retries.values(), default=float("inf"))
        return retry if self._answer_deadline is None else min(retry, self._answer_deadline)

    def start(self, socket_id: str) -> list[Effect]:
        """Begin with the handshake's ``socket_id``: ask for every channel's authorization."""
        self._socket_id = socket_id
        return [Authorize(socket_id, channel) for channel in self._channels]

    def receive_authorization(
        self, request: Authorize, outcome: Authorization | ApiError, now: float
    ) -> list[Effect]:
        """Take the API's answer to ``request``; an answer for another socket_id is ignored."""
        if request.socket_id != self._socket_id or request.channel in self._settled:
            return []
        if isinstance(outcome, ApiUnavailableError):
            return [self._postpone(request.channel, outcome.message, now, outcome.retry_after)]
        if isinstance(outcome, ApiError):
            return self._refuse(request.channel, outcome.message, outcome.status)
        self._authorized.append((request.channel, outcome))
        return self._subscribe_next(now)

    def confirm(self, channel: str | None, now: float) -> list[Effect]:
        """Take the server's confirmation of ``channel``."""
        if channel not in self._channels or channel in self._settled:
            return []
        self._settled.add(channel)
        self._unanswered.discard(channel)
        self._retries.pop(channel, None)
        return [Subscribed(channel), *self._free(channel, now)]

    def refuse(
        self, channel: str | None, reason: str, code: int | None, now: float
    ) -> list[Effect]:
        """Take the server's refusal; without a channel it means the one being subscribed.

        After an earlier channel got no answer in time, such a refusal may be its late answer: then
        the channel is subscribed again.
        """
        is_named = channel is not None
        channel = channel or self.subscribing
        if channel not in self._channels or channel in self._settled:
            return []
        if not is_named and self._unanswered - {channel}:
            self._unanswered.clear()
            return [self._postpone(channel, reason, now), *self._free(channel, now)]
        return [*self._refuse(channel, reason, code), *self._free(channel, now)]

    def handle_timeout(self, now: float) -> list[Effect]:
        """Act on what is due at ``now``: a missing answer, an authorization to ask for again."""
        effects: list[Effect] = []
        if self.subscribing and self._answer_deadline is not None and now >= self._answer_deadline:
            channel = self.subscribing
            self._unanswered.add(channel)
            reason = f"no answer to the subscription in {self._answer_timeout:g} s"
            effects += [self._postpone(channel, reason, now), *self._free(channel, now)]
        for channel in [channel for channel, at in self._retries.items() if now >= at]:
            del self._retries[channel]
            effects.append(Authorize(self._socket_id, channel))
        return effects

    def _subscribe_next(self, now: float) -> list[Effect]:
        while self.subscribing is None and self._authorized:
            channel, authorization = self._authorized.popleft()
            if channel in self._settled:  # its first subscription was confirmed after all
                continue
            self.subscribing = channel
            self._answer_deadline = now + self._answer_timeout
            return [SendText(subscribe_text(channel, authorization))]
        return []

    def _free(self, channel: str, now: float) -> list[Effect]:
        """Go on with the next channel if ``channel`` was the one being subscribed."""
        if channel != self.subscribing:
            return []
        self.subscribing = self._answer_deadline = None
        return self._subscribe_next(now)

    def _refuse(self, channel: str, reason: str, status: int | None) -> list[Effect]:
        self._settled.add(channel)
        self._retries.pop(channel, None)
        return [Refused(channel, reason, status)]

    def _postpone(
        self, channel: str, reason: str, now: float, retry_after: float | None = None
    ) -> Postponed:
        attempts = self._attempts.setdefault(channel, enumerate(self._new_delays(), start=1))
        attempt, delay = next(attempts)
        delay = max(delay, retry_after or 0.0)
        self._retries[channel] = now + delay
        return Postponed(channel, reason, delay, attempt)
