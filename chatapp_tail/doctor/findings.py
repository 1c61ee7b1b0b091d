"""The findings of an examination, and its exit code. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chatapp_tail.errors import ChatAppTailError, ExitCode

# What ends a tail, the first cause first.
_FAULTS = (ExitCode.USAGE, ExitCode.CREDENTIALS, ExitCode.CONNECTION)


class Step(StrEnum):
    """The steps in their order; authorization and subscription are taken for each channel.

    The steps from ``CLOCK`` on ask the API for reasons why a tail may be silent.
    """

    ENVIRONMENT = "environment"
    """Only reported if the proxy or the certificates set in it can't be used."""
    TOKEN = "token"  # noqa: S105 (a step's name)
    API = "API"
    DNS = "DNS"
    TCP = "TCP"
    TLS = "TLS"
    WEBSOCKET = "websocket"
    HANDSHAKE = "handshake"
    AUTHORIZATION = "authorization"
    SUBSCRIPTION = "subscription"
    PING = "ping"
    SERVER = "server"
    CLOCK = "clock"
    LICENCE = "licence"
    WEBHOOKS = "webhooks"
    MESSAGES = "messages"
    UNANSWERED = "unanswered"


class Outcome(StrEnum):
    """How a step went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one step: ``result`` and ``next_step`` are sentences for the user.

    ``seconds`` is how long it took, ``channel`` the spec if it is a channel's step, and ``fault``
    the code with which a tail would end. The sentences may quote a server: clean them for printing.
    """

    step: Step
    outcome: Outcome
    result: str
    next_step: str = ""
    seconds: float | None = None
    channel: str | None = None
    fault: ExitCode = ExitCode.OK

    def as_dict(self) -> dict[str, object]:
        """Return an object for JSON, with the time in milliseconds."""
        return {
            "step": self.step.value,
            "channel": self.channel,
            "outcome": self.outcome.value,
            "milliseconds": None if self.seconds is None else round(self.seconds * 1000, 1),
            "result": self.result,
            "next_step": self.next_step,
        }


def works(
    step: Step,
    result: str,
    next_step: str = "",
    *,
    seconds: float | None = None,
    channel: str | None = None,
) -> Finding:
    """Return the finding for a step that works: a warning if there is a next step."""
    outcome = Outcome.WARNING if next_step else Outcome.OK
    return Finding(step, outcome, result, next_step, seconds, channel)


def skipped(step: Step, reason: str, next_step: str = "", channel: str | None = None) -> Finding:
    """Return the finding for a step that wasn't taken."""
    return Finding(step, Outcome.SKIPPED, reason, next_step, channel=channel)


def failed(
    step: Step,
    error: ChatAppTailError,
    next_step: str,
    *,
    seconds: float | None = None,
    channel: str | None = None,
) -> Finding:
    """Return the finding for a step that ended with ``error``; ``next_step`` becomes one line."""
    # A TransportError has no exit code of its own, because a tail tries again.
    code = error.exit_code
    fault = ExitCode.CONNECTION if code is ExitCode.UNEXPECTED else code
    one_line = " ".join(next_step.split())
    return Finding(step, Outcome.FAILED, error.message, one_line, seconds, channel, fault)


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """Return the exit code of a tail: of the first finding that would end it."""
    known = list(findings)
    bad = [finding for finding in known if finding.outcome is Outcome.FAILED]
    # A tail goes on without a channel, unless the token is at fault.
    grave = {
        finding.fault
        for finding in bad
        if finding.channel is None or finding.fault is ExitCode.CREDENTIALS
    }
    for fault in _FAULTS:
        if fault in grave:
            return fault
    faults = {finding.fault for finding in bad}
    is_subscribed = any(
        one.step is Step.SUBSCRIPTION and one.outcome is Outcome.OK for one in known
    )
    if is_subscribed or not faults:
        return ExitCode.OK
    return ExitCode.CONNECTION if ExitCode.CONNECTION in faults else ExitCode.CHANNELS_REFUSED
