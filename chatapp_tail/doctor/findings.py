"""The findings of an examination, and its exit code. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chatapp_tail.errors import ChatAppTailError, ExitCode

# In the order in which a tail would meet them.
_FAULTS = (ExitCode.USAGE, ExitCode.CREDENTIALS, ExitCode.CONNECTION)


class Step(StrEnum):
    """The links of the chain, in its order; authorization and subscription are a channel's.

    From ``CLOCK`` on it is what the API tells of traffic: why a chain that is whole may be silent.
    """

    ENVIRONMENT = "environment"
    """Only named when the proxy or the certificates that it sets can't be used."""
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
    """What came of one step: ``result`` and ``next_step`` are words, for the user.

    ``seconds`` is how long it took, ``channel`` a spec where the step is a channel's, and ``fault``
    what a tail would end with because of it. The words may be a server's: clean before printing.
    """

    step: Step
    outcome: Outcome
    result: str
    next_step: str = ""
    seconds: float | None = None
    channel: str | None = None
    fault: ExitCode = ExitCode.OK

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON, with the time in milliseconds."""
        return {
            "step": self.step.value,
            "channel": self.channel,
            "outcome": self.outcome.value,
            "milliseconds": None if self.seconds is None else round(self.seconds * 1000, 1),
            "result": self.result,
            "next_step": self.next_step,
        }


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
    """Return the finding for a step that ended with ``error``; ``next_step`` can have lines."""
    # A TransportError has no code of its own: a tail may try again.
    code = error.exit_code
    fault = ExitCode.CONNECTION if code is ExitCode.UNEXPECTED else code
    one_line = " ".join(next_step.split())
    return Finding(step, Outcome.FAILED, error.message, one_line, seconds, channel, fault)


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """Return what a tail would end with: the first of what it can't do without."""
    known = list(findings)
    bad = [finding for finding in known if finding.outcome is Outcome.FAILED]
    # A channel's own fault is one of some, unless the token is to blame.
    grave = {
        finding.fault
        for finding in bad
        if finding.channel is None or finding.fault is ExitCode.CREDENTIALS
    }
    for fault in _FAULTS:
        if fault in grave:
            return fault
    faults = {finding.fault for finding in bad}
    works = any(one.step is Step.SUBSCRIPTION and one.outcome is Outcome.OK for one in known)
    if works or not faults:
        return ExitCode.OK
    return ExitCode.CONNECTION if ExitCode.CONNECTION in faults else ExitCode.CHANNELS_REFUSED
