"""Two steps for each channel: its authorization by the API, its subscription by the server."""

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

from chatapp_tail.api import Api, TokenSource
from chatapp_tail.chatapp.channels import Channel, similar_messengers
from chatapp_tail.clock import Clock
from chatapp_tail.doctor.conversation import Conversation
from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.doctor.findings import Finding, Step, failed, skipped, works
from chatapp_tail.errors import (
    ApiError,
    ApiRefusedError,
    ChannelsRefusedError,
    ChatAppTailError,
    ConnectionFailedError,
    TokenRefusedError,
)
from chatapp_tail.pusher.authorizing import AuthorizationWorker, Authorizer
from chatapp_tail.pusher.interfaces import (
    Authorize,
    Effect,
    Postponed,
    Refused,
    SendText,
    Subscribed,
)
from chatapp_tail.pusher.protocol import SUBSCRIBE, Authorization

CHANNEL_STEPS = (Step.AUTHORIZATION, Step.SUBSCRIPTION)
GOOD_TOKEN = "a token that the API accepts"  # noqa: S105 (no token)
LIST_CHANNELS = "chatapp-tail channels lists what this token may watch."
_NEEDS_AUTHORIZATION = "needs the authorization"
_NEW_TOKEN = "Log in again: chatapp-tail login"  # noqa: S105 (no token)
_TRY_AGAIN = "Try again later; if it stays so, check --api-url."
_DONT_BELONG = (
    "The API signed it and the server says no: check that --app-key, --socket-url and --api-url "
    "belong together."
)
_NO_WORD = "The server says nothing of it: check --app-key and --socket-url, or try again later."


class _TimedAuthorizer(Authorizer):
    """An authorizer that notes how long each channel took."""

    def __init__(
        self, api: Api, tokens: TokenSource, clock: Clock, seconds: dict[str, float]
    ) -> None:
        """``seconds`` by channel is what it adds to, in the worker's thread."""
        super().__init__(api, tokens)
        self._clock = clock
        self._seconds = seconds

    def authorize(self, socket_id: str, channel: str) -> Authorization:
        began_at = self._clock.now()
        try:
            return super().authorize(socket_id, channel)
        finally:
            self._seconds[channel] = self._clock.now() - began_at


class ChannelSteps:
    """The channels of one connection, all of them at once as a tail has them."""

    def __init__(
        self,
        conversation: Conversation,
        channels: Sequence[Channel],
        new_api: Callable[[], Api],
        tokens: TokenSource,
        dependencies: Dependencies,
    ) -> None:
        """``new_api`` is called in another thread; the signatures are hidden."""
        self._conversation = conversation
        self._channels = {channel.name: channel for channel in channels}
        self._dependencies = dependencies
        self._clock = dependencies.clock
        self._new_api = new_api
        self._tokens = tokens
        # The step whose result each channel waits for.
        self._awaited = dict.fromkeys(self._channels, Step.AUTHORIZATION)
        self._seconds: dict[str, float] = {}
        self._subscribing_at: float | None = None

    def examine(self, socket_id: str) -> Iterator[Finding]:
        """Yield two findings a channel; a step without a result at the time limit has failed."""
        limits = self._dependencies.limits
        timeout = limits.channels + limits.each_channel * len(self._channels)
        worker = AuthorizationWorker(
            lambda: _TimedAuthorizer(self._new_api(), self._tokens, self._clock, self._seconds),
            clock=self._clock,
            wake=self._dependencies.wakeup.wake,
        )
        try:
            for name in self._channels:
                worker.submit(Authorize(socket_id, name))
            for effects in self._conversation.turns(self._clock.now() + timeout):
                yield from self._settle(effects)
                for request, outcome in worker.answers():
                    yield from self._take(request, outcome)
                if not self._awaited:
                    return
        finally:
            worker.stop()
        yield from self._give_up(f"not settled in {timeout:g} s")

    def _take(self, request: Authorize, outcome: Authorization | ApiError) -> Iterator[Finding]:
        """Take the API's answer for one channel; without a token there is nothing more to ask."""
        name = request.channel
        if self._awaited.get(name) is not Step.AUTHORIZATION:
            return
        if isinstance(outcome, ApiError):
            yield self._not_authorized(name, outcome)
            yield self._skipped(name, Step.SUBSCRIPTION, _NEEDS_AUTHORIZATION)
            del self._awaited[name]
            if isinstance(outcome, TokenRefusedError):
                yield from self._skip_rest()
            return
        # Before the signature stands the app key, which is public.
        self._dependencies.status.hide(outcome.auth.rpartition(":")[2])
        self._awaited[name] = Step.SUBSCRIPTION
        seconds, spec = self._seconds.get(name), self._channels[name].spec
        yield works(Step.AUTHORIZATION, "signed by the API", seconds=seconds, channel=spec)
        session = self._conversation.session
        effects = session.receive_authorization(request, outcome, self._clock.now())
        self._conversation.carry_out(effects)
        yield from self._settle(effects)

    def _settle(self, effects: Sequence[Effect]) -> Iterator[Finding]:
        for effect in effects:
            match effect:
                case SendText(text) if SUBSCRIBE in text:  # one at a time: this is the one
                    self._subscribing_at = self._clock.now()
                case Subscribed(name) | Refused(name) | Postponed(name) if (
                    self._awaited.get(name) is Step.SUBSCRIPTION
                ):
                    del self._awaited[name]
                    yield self._subscription(name, effect)
                case _:
                    pass

    def _subscription(self, name: str, effect: Subscribed | Refused | Postponed) -> Finding:
        began_at, spec = self._subscribing_at, self._channels[name].spec
        seconds = None if began_at is None else self._clock.now() - began_at
        match effect:
            case Subscribed():
                result = "confirmed by the server"
                return works(Step.SUBSCRIPTION, result, seconds=seconds, channel=spec)
            case Refused(_, reason, status):
                said = reason if status is None else f"{reason} ({status})"
                error: ChatAppTailError = ChannelsRefusedError(f"the server refused it: {said}")
                next_step = _DONT_BELONG
            case Postponed(_, reason):
                error, next_step = ConnectionFailedError(reason), _NO_WORD
            case _:
                assert_never(effect)
        return failed(Step.SUBSCRIPTION, error, next_step, seconds=seconds, channel=spec)

    def _not_authorized(self, name: str, error: ApiError) -> Finding:
        channel = self._channels[name]
        next_step = error.hint or _TRY_AGAIN
        if isinstance(error, TokenRefusedError):
            next_step = error.hint or _NEW_TOKEN
        elif isinstance(error, ApiRefusedError):
            error = ApiRefusedError(f"the API refused it: {error.message}")
            next_step = _refused_step(channel)
        seconds = self._seconds.get(name)
        return failed(Step.AUTHORIZATION, error, next_step, seconds=seconds, channel=channel.spec)

    def _skip_rest(self) -> Iterator[Finding]:
        """Skip the channels of which the API hasn't been asked, or hasn't said anything."""
        waiting = [name for name, step in self._awaited.items() if step is Step.AUTHORIZATION]
        for name in waiting:
            del self._awaited[name]
            for step in CHANNEL_STEPS:
                yield self._skipped(name, step, f"needs {GOOD_TOKEN}")

    def _give_up(self, reason: str) -> Iterator[Finding]:
        """Settle what is left at the end of the connection or of the time."""
        if self._conversation.ended is not None:
            reason = f"the connection ended: {self._conversation.ended.reason}"
        for name, step in self._awaited.items():
            error, spec = ConnectionFailedError(reason), self._channels[name].spec
            yield failed(step, error, _NO_WORD, channel=spec)
            if step is Step.AUTHORIZATION:
                yield self._skipped(name, Step.SUBSCRIPTION, _NEEDS_AUTHORIZATION)

    def _skipped(self, name: str, step: Step, reason: str) -> Finding:
        return skipped(step, reason, channel=self._channels[name].spec)


def _refused_step(channel: Channel) -> str:
    """Return what to do about a channel that the API refuses to this token."""
    near = similar_messengers(channel.messenger or "")
    if near:
        meant = " or ".join(f"{channel.license}/{one}" for one in near)
        return f"Did you mean {meant}? {LIST_CHANNELS}"
    return LIST_CHANNELS
