"""``doctor`` on silence, through the real process: nobody wrote, or the socket doesn't deliver."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from chatapp_tail.emulator.account import DEMO_ACCOUNT, Webhook
from chatapp_tail.resume import State, write_state
from tests.cli.running import CHANNEL, CLOCK, SUBSCRIBED, environment
from tests.support.cli_process import CLI
from tests.support.emulated import SERVER_ERROR, Emulator, EmulatorSettings, running_emulator
from tests.support.loopback_http import Answer

SPEC = "1229/telegram"
# What a webhook's path or query may hold.
SECRET = "made-up-secret-of-a-webhook"
(LICENSE,) = DEMO_ACCOUNT.licenses
HOUR = timedelta(hours=1)


def doctor(home: Path, emulator: Emulator, *arguments: str) -> dict[str, tuple[str, str, str]]:
    """Return outcome, result and next step of the findings on traffic, by step."""
    with CLI(home, "doctor", "--json", *arguments, environment=environment(emulator)) as process:
        assert process.exit_code() == 0
        assert SECRET not in process.stdout.text + process.stderr.text
        findings = [json.loads(line) for line in process.stdout.text.splitlines()]
    return {one["step"]: (one["outcome"], one["result"], one["next_step"]) for one in findings}


def publish(emulator: Emulator, identity: int, *, ago: timedelta, side: str = "in") -> None:
    """Have a message published that was written some time ago."""
    item = {
        "id": identity,
        "side": side,
        "type": "text",
        "time": int((CLOCK.utcnow() - ago).timestamp()),
        "message": {"text": "text"},
        "chat": {"id": f"private-{identity}"},
    }
    emulator.publish(CHANNEL, "message", {"data": [item], "meta": {"type": "message"}})


def state(home: Path, change: Callable[[State], State] = lambda left: left) -> str:
    """Write what a tail with --backfill left that watched for the last hour; return its path."""
    now = CLOCK.utcnow()
    left = State({CHANNEL: now}, seen=(1,), since={CHANNEL: now - HOUR})
    path = home / "state"
    path.write_bytes(write_state(change(left)))
    return str(path)


def test_message_that_the_tail_has_means_that_nobody_has_written_since(
    emulator: Emulator, tmp_path: Path
) -> None:
    arguments = ("--resume", str(tmp_path / "state"))
    with CLI(tmp_path, SPEC, *arguments, "--backfill", environment=environment(emulator)) as tail:
        tail.wait_for(SUBSCRIBED)
        publish(emulator, 1, ago=timedelta(minutes=5))
        tail.lines(1)
        tail.send(signal.SIGINT)
        tail.exit_code()
    outcome, result, next_step = doctor(tmp_path, emulator, SPEC, *arguments)["messages"]
    assert (outcome, next_step) == ("ok", "")
    assert ", 5m " in result
    assert result.endswith(" ago; the tail has it, and nobody has written since")


def test_message_that_a_connected_tail_has_not_got_means_that_the_socket_does_not_deliver(
    emulator: Emulator, tmp_path: Path
) -> None:
    publish(emulator, 1, ago=timedelta(minutes=10))
    found = doctor(tmp_path, emulator, SPEC, "--resume", state(tmp_path))["messages"]
    assert found[0] == "warning"
    assert found[1].endswith("; the tail was connected then, and hasn't got it")
    assert found[2].startswith("Events are lost on the way to the tail.")


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        (lambda left: left._replace(until={}), "warning", "state knows nothing of this channel"),
        (
            lambda left: left._replace(until={CHANNEL: left.until[CHANNEL] - HOUR}),
            "warning",
            "the tail has seen everything until",
        ),
        (lambda left: left._replace(since={}), "ok", "began to watch only after it: nobody has"),
        (lambda left: left._replace(seen=()), "ok", "only one with --backfill keeps what it got"),
    ],
    ids=["unknown", "ended", "began", "seen"],
)
def test_what_a_tail_cannot_know_is_not_blamed_on_the_socket(
    emulator: Emulator, tmp_path: Path, change: Callable[[State], State], outcome: str, words: str
) -> None:
    publish(emulator, 1, ago=timedelta(minutes=10))
    found = doctor(tmp_path, emulator, SPEC, "--resume", state(tmp_path, change))["messages"]
    assert (found[0], words in found[1]) == (outcome, True)


def test_message_of_this_moment_is_not_blamed_on_a_tail_that_is_connected(
    emulator: Emulator, tmp_path: Path
) -> None:
    publish(emulator, 1, ago=timedelta())
    found = doctor(tmp_path, emulator, SPEC, "--resume", state(tmp_path))["messages"]
    assert found[0] == "ok"
    assert found[1].endswith("; the tail is connected, and may be about to note it")


def test_without_a_file_the_age_is_told_and_what_would_tell_more(
    emulator: Emulator, tmp_path: Path
) -> None:
    assert doctor(tmp_path, emulator, SPEC)["messages"][1] == (
        "the API knows none: nobody has written"
    )
    publish(emulator, 1, ago=2 * HOUR)
    outcome, result, next_step = doctor(tmp_path, emulator, SPEC)["messages"]
    assert (outcome, result.endswith(", 2h 0m ago")) == ("ok", True)
    assert "doctor --resume FILE" in next_step


def test_chats_that_wait_for_an_answer_are_counted(emulator: Emulator, tmp_path: Path) -> None:
    publish(emulator, 1, ago=3 * HOUR)
    publish(emulator, 2, ago=2 * HOUR)
    publish(emulator, 3, ago=HOUR, side="out")
    assert doctor(tmp_path, emulator, SPEC)["unanswered"][1] == (
        "an answer is due in 2 of the last 3 chats, the oldest for 3h 0m"
    )


def test_licence_and_webhooks_are_told(tmp_path: Path) -> None:
    over = replace(LICENSE, ends=1_700_000_000, is_active=False)
    hook = Webhook(1229, "telegram", f"https://hooks.example/{SECRET}?key={SECRET}")
    account = replace(DEMO_ACCOUNT, licenses=(over,), webhooks=(hook,))
    with running_emulator(EmulatorSettings(pace=None, accounts=(account,))) as emulator:
        found = doctor(tmp_path, emulator, SPEC)
        assert found["licence"][:2] == (
            "warning",
            "the licence is not active (inactive); it ended at 2023-11-14 22:13 UTC",
        )
        assert found["webhooks"][1] == "ChatApp posts the events to hooks.example, too"
        other = doctor(tmp_path, emulator, "1229/grWhatsApp")
        assert other["webhooks"][1] == "none is registered for this messenger"


def test_what_the_token_has_not_is_told_by_the_licence(emulator: Emulator, tmp_path: Path) -> None:
    channels = ("company/2224", "1229/telegramm")
    outcome, result, _ = doctor(tmp_path, emulator, *channels)["licence"]
    assert outcome == "warning"
    assert result == (
        "the licence has no telegramm, but telegram, grWhatsApp, caWhatsApp, WhatsApp"
    )


def test_lists_that_the_api_refuses_are_skipped(emulator: Emulator, tmp_path: Path) -> None:
    emulator.fail("/v1/callbackUrls", SERVER_ERROR)
    found = doctor(tmp_path, emulator, SPEC)
    outcome, result, _ = found["webhooks"]
    assert (outcome, "the API doesn't say: the API answered HTTP 500" in result) == (
        "skipped",
        True,
    )
    assert found["licence"][0] == "ok"


def test_difference_to_the_clock_of_the_api_is_told(emulator: Emulator, tmp_path: Path) -> None:
    assert doctor(tmp_path, emulator)["clock"][0] == "ok"
    date = format_datetime(CLOCK.utcnow() + HOUR, usegmt=True)
    headers = {"Date": date, "Content-Type": "application/json"}
    emulator.fail("/v1/tokens/check", Answer(200, headers, b'{"success": true}'))
    outcome, result, next_step = doctor(tmp_path, emulator)["clock"]
    assert (outcome, next_step[:7]) == ("warning", "Set it:")
    assert result.startswith(("this machine's is 1h 0m behind", "this machine's is 59m "))


def test_file_of_another_kind_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("hello", encoding="utf-8")
    with CLI(tmp_path, "doctor", "--resume", "notes", environment=environment(emulator)) as process:
        assert process.exit_code() == 2
        assert "--resume: notes isn't a state of --resume" in process.stderr.text
