"""The whole examination: what a tail needs, in the order in which it needs it."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial

from chatapp_tail.account.rest import Rest
from chatapp_tail.account.tokens import FoundToken
from chatapp_tail.api import Api, TokenSource
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.doctor.access import examine_api, examine_token
from chatapp_tail.doctor.channels import CHANNEL_STEPS, GOOD_TOKEN, LIST_CHANNELS, ChannelSteps
from chatapp_tail.doctor.conversation import CHECK_SERVER, Conversation
from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.doctor.findings import Finding, Outcome, Step, failed, skipped, works
from chatapp_tail.doctor.route import Route
from chatapp_tail.doctor.traffic import Resumed, Traffic
from chatapp_tail.errors import CredentialsError, ExitCode, TransportError, UsageError
from chatapp_tail.network import proxy_for, tls_context
from chatapp_tail.network.headers import ServerClock
from chatapp_tail.pusher.transport import WebSocketTransport, open_websocket
from chatapp_tail.settings import Endpoint

# Longest text of a finding, in characters: a server's words can be long.
_LONGEST_WORDS = 400
_ON_THE_WAY = "Check --socket-url, and whether a proxy or firewall on the way lets websockets pass."
# Option names in next steps, and what replaces those that were not given.
_UNGIVEN = {
    "socket-url": "the server's address",
    "api-url": "the API's address",
    "app-key": "the app key",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What is examined. ``token`` is the error if none was found.

    ``token_ends`` is when the token ends, in unix seconds, if that is known. ``written`` is how the
    user gave each option, by its long name: a next step names only these. ``resumed`` is the file
    that a tail left for its next run.
    """

    endpoint: Endpoint
    channels: tuple[Channel, ...]
    token: FoundToken | CredentialsError
    token_ends: int | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    resumed: Resumed | None = None


def examine(target: Target, dependencies: Dependencies) -> Iterator[Finding]:
    """Yield the finding of each step as soon as it is known.

    Failures of steps aren't raised. An exception of a signal handler ends it at once.
    """
    masked = dependencies.status.masked
    for finding in _Examination(target, dependencies).findings():
        yield replace(
            finding,
            result=_short(masked(finding.result)),
            next_step=_short(masked(_in_the_users_words(finding.next_step, target.written))),
        )


def _in_the_users_words(next_step: str, written: Mapping[str, str]) -> str:
    """Return the sentence with options named as given: by option, variable or profile; or not."""
    for option, ungiven in _UNGIVEN.items():
        next_step = next_step.replace(f"--{option}", written.get(option, ungiven))
    return next_step


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST_WORDS else f"{words[: _LONGEST_WORDS - 1]}…"


class _Examination:
    """One run through the steps."""

    def __init__(self, target: Target, dependencies: Dependencies) -> None:
        self._target = target
        self._endpoint = target.endpoint
        self._dependencies = dependencies
        self._clock = dependencies.clock
        self._server_clock = ServerClock()
        # What the channels' authorizations need and don't have.
        self._missing = ""

    def findings(self) -> Iterator[Finding]:
        """Yield the findings of all steps."""
        given = self._target.token
        token = examine_token(given, self._target.token_ends, self._dependencies)
        yield token
        try:
            context = self._environment()
        except UsageError as exc:
            yield failed(Step.ENVIRONMENT, exc, exc.hint)
            for step in (Step.API, Step.DNS, Step.TCP, Step.TLS, Step.WEBSOCKET):
                yield skipped(step, "needs the environment")
            yield from self._skip_conversation("the environment")
            return
        if token.outcome is Outcome.FAILED or isinstance(given, CredentialsError):
            self._missing = "the token"
            yield skipped(Step.API, "needs the token")
            yield from self._socket(context, None)
            return
        new_api = partial(self._new_api, context)
        api_url = self._endpoint.api_url
        api = self._dependencies.timed(
            lambda: examine_api(new_api, given.token, api_url, self._dependencies)
        )
        yield api
        if api.outcome is Outcome.FAILED:
            self._missing = GOOD_TOKEN if api.fault is ExitCode.CREDENTIALS else "the API"
        yield from self._socket(context, given.token)
        if api.outcome is Outcome.OK:
            yield from self._traffic(context, given.token)

    def _environment(self) -> ssl.SSLContext:
        """Return the one TLS context. Raises ``UsageError`` for what a tail wouldn't begin with."""
        for url in (self._endpoint.socket_url, self._endpoint.api_url):
            proxy_for(url)
        return tls_context()

    def _socket(self, context: ssl.SSLContext, token: TokenSource | None) -> Iterator[Finding]:
        """Yield the findings of the way to the server, and of all steps at it."""
        broken = ""
        with closing(Route(self._endpoint.socket_url, context, self._dependencies)) as route:
            for finding in route.examine():
                yield finding
                if finding.outcome is Outcome.FAILED:
                    broken = finding.step
        if broken:
            yield skipped(Step.WEBSOCKET, f"needs {broken}")
            yield from self._skip_conversation(broken)
            return
        began_at = self._clock.now()
        try:
            transport = self._open(context)
        except TransportError as exc:
            seconds = self._clock.now() - began_at
            hint = f"{exc.hint} {CHECK_SERVER}" if exc.hint and exc.fatal else exc.hint
            yield failed(Step.WEBSOCKET, exc, hint or _ON_THE_WAY, seconds=seconds)
            yield from self._skip_conversation("the websocket")
            return
        seconds = self._clock.now() - began_at
        with closing(transport):
            yield works(Step.WEBSOCKET, "accepted (HTTP 101)", seconds=seconds)
            yield from self._conversation(transport, context, token)

    def _open(self, context: ssl.SSLContext) -> WebSocketTransport:
        """Open the websocket as the tail does. Raises ``TransportError``."""
        url, timeout = self._endpoint.socket_url, self._dependencies.limits.connect
        return self._dependencies.bounded(
            lambda: open_websocket(url, self._endpoint.app_key, timeout=timeout, context=context),
            url,
            discard=WebSocketTransport.close,
        )

    def _conversation(
        self, transport: WebSocketTransport, context: ssl.SSLContext, token: TokenSource | None
    ) -> Iterator[Finding]:
        """Yield the findings of all steps on an open websocket."""
        channels = () if self._missing else self._target.channels
        names = [channel.name for channel in channels]
        conversation = Conversation(transport, names, self._dependencies)
        handshake, socket_id = conversation.shake_hands()
        yield handshake
        if not socket_id:
            yield from self._skip_channels("the handshake")
            yield skipped(Step.PING, "needs the handshake")
            return
        if token is not None and channels:
            new_api = partial(self._new_api, context)
            steps = ChannelSteps(conversation, channels, new_api, token, self._dependencies)
            yield from steps.examine(socket_id)
        else:
            yield from self._skip_channels("")
        yield conversation.ping()
        yield from conversation.complaints()

    def _skip_conversation(self, needed: str) -> Iterator[Finding]:
        """Yield the steps on the websocket as skipped, because ``needed`` is missing."""
        yield skipped(Step.HANDSHAKE, f"needs {needed}")
        yield from self._skip_channels(needed)
        yield skipped(Step.PING, f"needs {needed}")

    def _skip_channels(self, needed: str) -> Iterator[Finding]:
        """Yield the channels' steps as skipped; once if no channel is named."""
        if not self._target.channels:
            for step in CHANNEL_STEPS:
                yield skipped(step, "no channel is named", LIST_CHANNELS)
        for channel in self._target.channels:
            for step in CHANNEL_STEPS:
                yield skipped(step, f"needs {self._missing or needed}", channel=channel.spec)

    def _traffic(self, context: ssl.SSLContext, token: TokenSource) -> Iterator[Finding]:
        """Yield what the API knows of the channels' traffic."""
        with closing(Rest(self._new_api(context), token)) as rest:
            traffic = Traffic(rest, self._target.resumed, self._server_clock, self._dependencies)
            yield from traffic.examine(self._target.channels)

    def _new_api(self, context: ssl.SSLContext) -> Api:
        limits = self._dependencies.limits
        return Api(
            self._endpoint.api_url,
            clock=self._clock,
            context=context,
            connect_timeout=limits.connect,
            answer_timeout=limits.answer,
            server_clock=self._server_clock,
        )
