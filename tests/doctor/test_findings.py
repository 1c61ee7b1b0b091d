import pytest

from chatapp_tail.doctor.findings import Finding, Outcome, Step, exit_code, failed, skipped
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


def ok(step: Step, channel: str | None = None) -> Finding:
    return Finding(step, Outcome.OK, "fine", channel=channel)


def bad(step: Step, error: ChatAppTailError, channel: str | None = None) -> Finding:
    return failed(step, error, "do something", channel=channel)


SUBSCRIBED = [ok(Step.AUTHORIZATION, HERE), ok(Step.SUBSCRIPTION, HERE)]
REFUSED = [
    bad(Step.AUTHORIZATION, ApiRefusedError("no"), THERE),
    skipped(Step.SUBSCRIPTION, "needs the authorization", channel=THERE),
]
UNANSWERED = [
    ok(Step.AUTHORIZATION, THERE),
    bad(Step.SUBSCRIPTION, TransportError("no answer"), THERE),
]
PING_FAILED = bad(Step.PING, TransportError("no pong"))


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([ok(Step.TOKEN), Finding(Step.API, Outcome.WARNING, "hm", "look"), *SUBSCRIBED], 0),
        ([skipped(Step.AUTHORIZATION, "no channel is named")], 0),
        ([*SUBSCRIBED, *REFUSED], 0),
        (REFUSED, 4),
        (UNANSWERED, 5),
        ([*SUBSCRIBED, *UNANSWERED], 0),
        ([*REFUSED, bad(Step.SUBSCRIPTION, TransportError("?"), HERE)], 5),
        ([bad(Step.SUBSCRIPTION, ChannelsRefusedError("no"), HERE)], 4),
        ([bad(Step.TOKEN, CredentialsError("none"))], 3),
        ([bad(Step.API, TokenRefusedError("old"))], 3),
        ([*SUBSCRIBED, bad(Step.AUTHORIZATION, TokenRefusedError("old"), THERE)], 3),
        ([bad(Step.API, ApiUnavailableError("down"))], 5),
        ([bad(Step.TOKEN, CredentialsError("none")), bad(Step.DNS, TransportError("?"))], 3),
        ([bad(Step.HANDSHAKE, TransportError("?"))], 5),
        ([*SUBSCRIBED, PING_FAILED], 5),
        ([bad(Step.ENVIRONMENT, UsageError("socks"))], 2),
    ],
)
def test_exit_code_is_what_a_tail_would_end_with(findings: list[Finding], code: int) -> None:
    assert exit_code(iter(findings)) == ExitCode(code)


def test_finding_becomes_an_object_for_json() -> None:
    finding = Finding(Step.SUBSCRIPTION, Outcome.OK, "confirmed", seconds=0.0123456, channel=HERE)
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
