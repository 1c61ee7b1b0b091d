"""The whole chain, link by link: what a tail needs, examined in the order in which it needs it."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from chatapp_tail.account.rest import Rest
from chatapp_tail.account.tokens import Given
from chatapp_tail.api import Api
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.doctor.access import examine_api, examine_token
from chatapp_tail.doctor.bounded import Bounded, TookTooLongError
from chatapp_tail.doctor.channels import GOOD_TOKEN
from chatapp_tail.doctor.conversation import Asked, examine_conversation, skip_conversation
from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.doctor.dialog import Dialog
from chatapp_tail.doctor.findings import Finding, Outcome, Step, failed, skipped
from chatapp_tail.doctor.route import Route
from chatapp_tail.doctor.traffic import Resumed, Traffic
from chatapp_tail.errors import (
    CredentialsError,
    ExitCode,
    TransportError,
    UsageError,
)
from chatapp_tail.network import proxy_for, tls_context
from chatapp_tail.network.headers import ServerClock
from chatapp_tail.pusher.authorizer import Authorizer
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
    """What is examined. ``token`` can be the error that looking for one ended with.

    ``token_ends`` is when the token ends, in unix seconds, if that is known. ``written`` is what
    the user wrote to give an option, by its long name: a next step names no other. ``resumed`` is
    what a tail has left for its next run.
    """

    endpoint: Endpoint
    channels: tuple[Channel, ...]
    token: Given | CredentialsError
    token_ends: int | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    resumed: Resumed | None = None


def examine(target: Target, dependencies: Dependencies) -> Iterator[Finding]:
    """Yield the finding of each step as soon as it is known.

    Never raises for what it finds; what a signal's handler raises ends it at once.
    """
    masked = dependencies.status.masked
    for finding in _Examination(target, dependencies).findings():
        yield replace(
            finding,
            result=_short(masked(finding.result)),
            next_step=_short(masked(_in_the_users_words(finding.next_step, target.written))),
        )


def _in_the_users_words(next_step: str, written: Mapping[str, str]) -> str:
    """Name each option as the user gave it: by a variable or a profile, maybe; or not at all."""
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
        self._limits = dependencies.limits
        self._bounded = Bounded(
            dependencies.limits.step, wakeup=dependencies.wakeup, clock=dependencies.clock
        )
        self._server_clock = ServerClock()

    def findings(self) -> Iterator[Finding]:
        """Yield them all."""
        token = examine_token(
            self._target.token,
            self._target.token_ends,
            clock=self._clock,
            status=self._dependencies.status,
        )
        yield token
        try:
            context = self._environment()
        except UsageError as exc:
            yield failed(Step.ENVIRONMENT, exc, exc.hint)
            yield from self._skip_all()
            return
        api = self._api(token, context)
        yield api
        asked = self._asked(_missing(token, api), context)
        broken = ""
        for finding in self._route(context):
            yield finding
            if finding.outcome is Outcome.FAILED:
                broken = finding.step
        if broken:
            yield skipped(Step.WEBSOCKET, f"needs {broken}")
            yield from skip_conversation(asked, broken)
        else:
            yield from self._websocket(context, asked)
        if api.outcome is Outcome.OK:
            yield from self._traffic(context)

    def _environment(self) -> ssl.SSLContext:
        """Return the one TLS context. Raises ``UsageError`` for what a tail wouldn't begin with."""
        for url in (self._endpoint.socket_url, self._endpoint.api_url):
            proxy_for(url)
        return tls_context()

    def _skip_all(self) -> Iterator[Finding]:
        needed = "the environment"
        for step in (Step.API, Step.DNS, Step.TCP, Step.TLS, Step.WEBSOCKET):
            yield skipped(step, f"needs {needed}")
        yield from skip_conversation(Asked(self._target.channels), needed)

    def _api(self, token: Finding, context: ssl.SSLContext) -> Finding:
        given = self._target.token
        if token.outcome is Outcome.FAILED or isinstance(given, CredentialsError):
            return skipped(Step.API, "needs the token")
        return examine_api(
            lambda: self._new_api(context),
            given.token,
            self._endpoint.api_url,
            clock=self._clock,
            bounded=self._bounded,
        )

    def _asked(self, missing: str, context: ssl.SSLContext) -> Asked:
        given = self._target.token
        if missing or isinstance(given, CredentialsError):
            return Asked(self._target.channels, missing)
        return Asked(
            self._target.channels,
            new_authorizer=lambda: Authorizer(self._new_api(context), given.token),
        )

    def _traffic(self, context: ssl.SSLContext) -> Iterator[Finding]:
        """Yield what the API knows of the channels' traffic."""
        given = self._target.token
        if isinstance(given, CredentialsError):
            return
        with closing(Rest(self._new_api(context), given.token)) as rest:
            yield from Traffic(
                rest,
                self._target.resumed,
                server_clock=self._server_clock,
                clock=self._clock,
                bounded=self._bounded,
            ).examine(self._target.channels)

    def _new_api(self, context: ssl.SSLContext) -> Api:
        return Api(
            self._endpoint.api_url,
            clock=self._clock,
            context=context,
            connect_timeout=self._limits.connect,
            answer_timeout=self._limits.answer,
            server_clock=self._server_clock,
        )

    def _route(self, context: ssl.SSLContext) -> Iterator[Finding]:
        route = Route(
            self._endpoint.socket_url,
            context=context,
            clock=self._clock,
            connect_timeout=self._limits.connect,
            bounded=self._bounded,
        )
        with closing(route):
            yield from route.examine()

    def _websocket(self, context: ssl.SSLContext, asked: Asked) -> Iterator[Finding]:
        """Yield the findings of the upgrade and of all steps after it."""
        began_at = self._clock.now()
        try:
            transport = self._open(context)
        except TransportError as exc:
            seconds = self._clock.now() - began_at
            hint = (
                f"{exc.hint} Check --socket-url and --app-key."
                if exc.hint and exc.fatal
                else exc.hint
            )
            yield failed(Step.WEBSOCKET, exc, hint or _ON_THE_WAY, seconds=seconds)
            yield from skip_conversation(asked, "the websocket")
            return
        seconds = self._clock.now() - began_at
        with closing(transport):
            yield Finding(Step.WEBSOCKET, Outcome.OK, "accepted (HTTP 101)", seconds=seconds)
            dialog = Dialog(transport, asked.names, self._dependencies)
            yield from examine_conversation(dialog, asked, self._dependencies)

    def _open(self, context: ssl.SSLContext) -> WebSocketTransport:
        """Open the websocket as the tail does. Raises ``TransportError``."""
        endpoint = self._endpoint
        try:
            return self._bounded.run(
                lambda: open_websocket(
                    endpoint.socket_url,
                    endpoint.app_key,
                    timeout=self._limits.connect,
                    context=context,
                ),
                discard=WebSocketTransport.close,
            )
        except TookTooLongError as exc:
            raise TransportError(f"{endpoint.socket_url}: {exc}") from exc


def _missing(token: Finding, api: Finding) -> str:
    """Return what the channels' authorizations need and don't have."""
    if token.outcome is Outcome.FAILED:
        return "the token"
    if api.outcome is not Outcome.FAILED:
        return ""
    return GOOD_TOKEN if api.fault is ExitCode.CREDENTIALS else "the API"
