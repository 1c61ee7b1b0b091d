"""The findings of an examination: their exit code, and as JSON."""

import pytest

from chatapp_tail.doctor.findings import Finding, Step, exit_code, failed, skipped, works
from chatapp_tail.errors import (
    ApiRefusedError,
    ApiUnavailableError,
    ChannelsRefusedError,
    ChatAppTailError,
    CredentialsError,
    ExitCode,
    TokenRefusedError,
    TransportError,
    UsageError,
)

HERE, THERE = "1229/telegram", "company/2224"


def broken(step: Step, error: ChatAppTailError, channel: str | None = None) -> Finding:
    return failed(step, error, "do something", channel=channel)


SUBSCRIBED = [
    works(Step.AUTHORIZATION, "", channel=HERE),
    works(Step.SUBSCRIPTION, "", channel=HERE),
]
REFUSED = [
    broken(Step.AUTHORIZATION, ApiRefusedError("no"), THERE),
    skipped(Step.SUBSCRIPTION, "needs the authorization", channel=THERE),
]
UNANSWERED = [
    works(Step.AUTHORIZATION, "", channel=THERE),
    broken(Step.SUBSCRIPTION, TransportError("no answer"), THERE),
]
PING_FAILED = broken(Step.PING, TransportError("no pong"))


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([works(Step.TOKEN, ""), works(Step.API, "unclear", "look"), *SUBSCRIBED], 0),
        ([skipped(Step.AUTHORIZATION, "no channel is named")], 0),
        ([*SUBSCRIBED, *REFUSED], 0),
        (REFUSED, 4),
        (UNANSWERED, 5),
        ([*SUBSCRIBED, *UNANSWERED], 0),
        ([*REFUSED, broken(Step.SUBSCRIPTION, TransportError("?"), HERE)], 5),
        ([broken(Step.SUBSCRIPTION, ChannelsRefusedError("no"), HERE)], 4),
        ([broken(Step.TOKEN, CredentialsError("none"))], 3),
        ([broken(Step.API, TokenRefusedError("old"))], 3),
        ([*SUBSCRIBED, broken(Step.AUTHORIZATION, TokenRefusedError("old"), THERE)], 3),
        ([broken(Step.API, ApiUnavailableError("down"))], 5),
        ([broken(Step.TOKEN, CredentialsError("none")), broken(Step.DNS, TransportError("?"))], 3),
        ([broken(Step.HANDSHAKE, TransportError("?"))], 5),
        ([*SUBSCRIBED, PING_FAILED], 5),
        ([broken(Step.ENVIRONMENT, UsageError("socks"))], 2),
    ],
)
def test_exit_code_is_what_a_tail_would_end_with(findings: list[Finding], code: int) -> None:
    assert exit_code(iter(findings)) == ExitCode(code)


def test_finding_becomes_an_object_for_json() -> None:
    finding = works(Step.SUBSCRIPTION, "confirmed", seconds=0.0123456, channel=HERE)
    assert finding.as_dict() == {
        "step": "subscription",
        "channel": "1229/telegram",
        "outcome": "ok",
        "milliseconds": 12.3,
        "result": "confirmed",
        "next_step": "",
    }
    assert skipped(Step.PING, "needs TCP", "mend it").as_dict() == {
        "step": "ping",
        "channel": None,
        "outcome": "skipped",
        "milliseconds": None,
        "result": "needs TCP",
        "next_step": "mend it",
    }


def test_next_step_of_several_lines_becomes_one() -> None:
    assert failed(Step.API, CredentialsError("no"), "one\n  two").next_step == "one two"
