"""Examinations of servers on loopback, and what they found."""

import json
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import StringIO

from chatapp_tail.account.tokens import FoundToken, LiteralToken
from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.clock import SystemClock
from chatapp_tail.doctor.dependencies import Dependencies, Limits
from chatapp_tail.doctor.examination import Target, examine
from chatapp_tail.doctor.findings import Finding, exit_code
from chatapp_tail.errors import CredentialsError, ExitCode
from chatapp_tail.output.status import Status, Verbosity
from chatapp_tail.pusher.session import SessionTimeouts
from chatapp_tail.settings import Endpoint
from chatapp_tail.signals import Signals
from chatapp_tail.wakeup import Wakeup
from tests.support.credentials import APP
from tests.support.fake_clock import FakeClock
from tests.support.loopback_http import Answer, AuthEndpoint, json_answer
from tests.support.personalities import (
    SOKETI,
    Connection,
    Personality,
    PersonalityServer,
    Switches,
)
from tests.support.scripted_server import Peer, Script, ScriptedServer

CLOCK = SystemClock()
TRAFFIC = ("clock", "licence", "webhooks", "messages", "unanswered")
# Of the usual form.
TOKEN = "$2y$10$made.up.token.for.the.doctor.aaaaaaaaaaaaaaaaaaaaaaaa"
SPEC = "1229/telegram"
ACCEPTED = json_answer(200, {"success": True, "data": []})
# A port without a listener; 1 is tcpmux, which no machine runs any more.
NOWHERE = "ws://127.0.0.1:1"
USUAL = Limits()
ON_THE_COMMAND_LINE = {name: f"--{name}" for name in ("socket-url", "api-url", "app-key")}
# For tests in which something doesn't come: all else comes at once.
IMPATIENT = Limits(
    connect=0.3,
    answer=0.8,
    step=1.2,
    channels=1.0,
    each_channel=0.0,
    session=SessionTimeouts(handshake=0.3, pong=0.3, subscription=0.3),
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The findings of one examination, and the frames sent and received.

    ``traffic`` are the findings of the last steps, about messages and licences.
    """

    findings: list[Finding]
    traffic: list[Finding]
    frames: str

    def of(self, step: str, channel: str | None = None) -> Finding:
        """Return the only finding of ``step``, for ``channel`` if it is a channel's."""
        (found,) = (one for one in self.findings if (one.step, one.channel) == (step, channel))
        return found

    def words(self, step: str, channel: str | None = None) -> tuple[str, str, str]:
        """Return outcome, result and next step; ports are written PORT."""
        found = self.of(step, channel)
        result = re.sub(r"(?<=127\.0\.0\.[12]:)\d+|(?<=localhost:)\d+", "PORT", found.result)
        return found.outcome, result, found.next_step

    def seconds(self, step: str, channel: str | None = None) -> float:
        """Return how long ``step`` took."""
        seconds = self.of(step, channel).seconds
        assert seconds is not None
        return seconds

    @property
    def outcomes(self) -> dict[str, str]:
        """The outcomes by step; a channel's as ``authorization 1229/telegram``."""
        return {
            f"{one.step} {one.channel}" if one.channel else str(one.step): str(one.outcome)
            for one in self.findings
        }

    @property
    def code(self) -> ExitCode:
        """The exit code."""
        return exit_code(self.findings)


def diagnose(
    socket_url: str,
    api_url: str,
    *specs: str,
    token: FoundToken | CredentialsError | None = None,
    token_ends: int | None = None,
    app_key: str = APP.key,
    limits: Limits = USUAL,
    written: Mapping[str, str] = ON_THE_COMMAND_LINE,
) -> Diagnosis:
    """Examine the two servers to the end."""
    stderr = StringIO()
    target = Target(
        Endpoint(socket_url, api_url, app_key),
        tuple(map(parse_spec, specs)),
        token or given(TOKEN),
        token_ends,
        written,
    )
    status = Status(stderr, Verbosity.FRAMES)
    with closing(Wakeup()) as wakeup:
        found = list(examine(target, Dependencies(CLOCK, status, wakeup, limits)))
    return Diagnosis(
        [one for one in found if one.step not in TRAFFIC],
        [one for one in found if one.step in TRAFFIC],
        stderr.getvalue(),
    )


def diagnose_server(
    endpoint: AuthEndpoint,
    *specs: str,
    personality: Personality = SOKETI,
    switches: Switches = Switches(),  # noqa: B008 (frozen)
    when_confirmed: Callable[[Connection, str], None] | None = None,
    token: CredentialsError | None = None,
    limits: Limits = USUAL,
) -> Diagnosis:
    """Examine ``endpoint`` and a Pusher server of one kind, which is stopped then."""
    with server_of(personality, switches) as server:
        if when_confirmed is not None:
            server.when_confirmed = when_confirmed
        return diagnose(server.url, endpoint.api_url, *specs, token=token, limits=limits)


def diagnose_script(
    endpoint: AuthEndpoint, *scripts: Script, specs: Sequence[str] = (), limits: Limits = USUAL
) -> Diagnosis:
    """Examine ``endpoint`` and a server that plays ``scripts``."""
    with ScriptedServer(*scripts) as server:
        return diagnose(server.url, endpoint.api_url, *specs, limits=limits)


def drip(peer: Peer, beginning: bytes) -> None:
    """Send ``beginning`` and then a byte at a time, for as long as anybody listens."""
    peer.send_raw(beginning)
    while peer.goes_on(0.05):
        peer.send_raw(b"x")


def established() -> str:
    """Return the first message of a Pusher server."""
    data = json.dumps({"socket_id": "123.456", "activity_timeout": 30})
    return json.dumps({"event": "pusher:connection_established", "data": data})


def say_nothing(peer: Peer) -> None:
    """Upgrade the connection, and never say hello."""
    peer.handshake()
    peer.freeze()


@contextmanager
def interruptible(limits: Limits = USUAL) -> Iterator[Dependencies]:
    """Yield the dependencies of an examination that SIGINT interrupts."""
    signals = Signals()
    with (
        closing(Wakeup()) as wakeup,
        signals.installed(wakeup.signal_fd),
        signals.interruptible(),
    ):
        yield Dependencies(CLOCK, Status(StringIO()), wakeup, limits)


def press_ctrl_c() -> None:
    """Send SIGINT to the main thread."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def given(token: str) -> FoundToken:
    """Return ``token`` as it comes from the environment."""
    return FoundToken(LiteralToken(token), "CHATAPP_TOKEN")


def answer_check(endpoint: AuthEndpoint, answer: Answer = ACCEPTED) -> None:
    """Have ``endpoint`` answer tokens/check so, and sign channels for ``TOKEN`` as usual."""
    endpoint.token = TOKEN
    endpoint.decide = lambda asked: answer if asked.path == "/v1/tokens/check" else None


@contextmanager
def server_of(personality: Personality, *switches: Switches) -> Iterator[PersonalityServer]:
    """Run a server of one kind; its own timers never run out."""
    with PersonalityServer(personality, FakeClock(), *switches) as server:
        yield server
