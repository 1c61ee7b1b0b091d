"""``chatapp-tail doctor`` as a whole; tests/doctor has what it examines."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from chatapp_tail.emulator.account import DEMO_ACCOUNT, Webhook
from chatapp_tail.resume import State, write_state
from tests.cli.running import CHANNEL, CLOCK, SPEC, end, environment, publish, watching
from tests.support.cli_here import Ended, run_here
from tests.support.emulated import SERVER_ERROR, Emulator, EmulatorSettings, running_emulator
from tests.support.loopback_http import Answer

STEPS = [
    *("token", "API", "DNS", "TCP", "TLS", "websocket", "handshake", "authorization"),
    *("subscription", "ping", "clock", "licence", "webhooks", "messages", "unanswered"),
]
# What a webhook's path or query may hold.
SECRET = "made-up-secret-of-a-webhook"
(LICENSE,) = DEMO_ACCOUNT.licenses
HOUR = timedelta(hours=1)


def doctor(home: Path, emulator: Emulator, *arguments: str, **variables: str) -> Ended:
    return run_here(home, "doctor", *arguments, environment=environment(emulator, **variables))


def findings(ended: Ended) -> list[dict[str, str]]:
    return [json.loads(line) for line in ended.stdout.splitlines()]


def finding(home: Path, emulator: Emulator, step: str, *arguments: str) -> tuple[str, str, str]:
    """Return outcome, result and next step of the finding on ``step``."""
    ended = doctor(home, emulator, "--json", *arguments)
    assert ended.code == 0
    assert SECRET not in ended.stdout + ended.stderr
    (found,) = (one for one in findings(ended) if one["step"] == step)
    return found["outcome"], found["result"], found["next_step"]


def test_healthy_chain_is_found_step_by_step(emulator: Emulator, tmp_path: Path) -> None:
    ended = doctor(tmp_path, emulator, SPEC, "--json")
    assert ended.code == 0
    assert [one["step"] for one in findings(ended)] == STEPS
    assert {one["outcome"] for one in findings(ended) if one["step"] != "TLS"} == {"ok"}
    assert emulator.token not in ended.stdout + ended.stderr


def test_table_says_the_next_step(emulator: Emulator, tmp_path: Path) -> None:
    code, stdout, _ = doctor(tmp_path, emulator, SPEC, "77/telegram")
    assert code == 0
    assert "→ chatapp-tail channels lists" in stdout
    assert all(step in stdout for step in STEPS)
    assert all(len(line) <= 80 for line in stdout.splitlines())


def test_all_channels_of_the_token_can_be_examined(emulator: Emulator, tmp_path: Path) -> None:
    found = findings(doctor(tmp_path, emulator, "--all", "--json"))
    channels = [one["channel"] for one in found if one["step"] == "subscription"]
    assert channels[:2] == ["1229/telegram", "1229/grWhatsApp"]
    assert len(channels) == 7


def test_listing_that_fails_leaves_the_channels_that_were_named(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.fail("/v1/licenses", SERVER_ERROR)
    ended = doctor(tmp_path, emulator, "company/2224", "--all", "--json")
    assert ended.code == 0
    assert "warning: the API answered HTTP 500" in ended.stderr
    assert {one["channel"] for one in findings(ended)} == {None, "company/2224"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", 0),
        ("77/telegram", 4),
        ("--token wrong 1229/telegram", 3),
        ("--socket-url ws://127.0.0.1:1 1229/telegram", 5),
        ("--socket-url x", 2),
    ],
)
def test_exit_code_is_that_of_a_tail(
    emulator: Emulator, tmp_path: Path, words: str, code: int
) -> None:
    assert doctor(tmp_path, emulator, *words.split()).code == code


NOWHERE = "ws://127.0.0.1:1"


@pytest.mark.parametrize(
    ("words", "variables", "name"),
    [
        (f"--socket-url {NOWHERE}", {}, "--socket-url"),
        ("", {"CHATAPP_SOCKET_URL": NOWHERE}, "CHATAPP_SOCKET_URL"),
        (
            "-p night",
            {"CHATAPP_SOCKET_URL": ""},
            "profile night (night.toml:2): socket-url",
        ),
    ],
    ids=["option", "variable", "profile"],
)
def test_next_step_names_what_gave_the_address(
    emulator: Emulator, tmp_path: Path, words: str, variables: dict[str, str], name: str
) -> None:
    profile = f'[profile.night]\nsocket-url = "{NOWHERE}"\n'
    (tmp_path / "night.toml").write_text(profile, encoding="utf-8")
    variables = {"CHATAPP_TAIL_CONFIG": "night.toml", **variables}
    ended = doctor(tmp_path, emulator, "--json", *words.split(), **variables)
    (step,) = (one["next_step"] for one in findings(ended) if one["step"] == "TCP")
    assert step.startswith(f"Check host and port in {name}, and")


def test_missing_token_is_a_finding(emulator: Emulator, tmp_path: Path) -> None:
    ended = doctor(tmp_path, emulator, "--json", CHATAPP_TOKEN="")
    first = findings(ended)[0]
    assert (ended.code, first["step"], first["outcome"]) == (3, "token", "failed")
    assert "chatapp-tail login" in first["next_step"]


# Silence: nobody wrote, or the socket doesn't deliver


def write(emulator: Emulator, identity: int, *, ago: timedelta, side: str = "in") -> None:
    """Publish a message of a chat of its own, with the time ``ago``."""
    item = {
        "id": identity,
        "side": side,
        "type": "text",
        "time": int((CLOCK.utcnow() - ago).timestamp()),
        "message": {"text": "text"},
        "chat": {"id": f"private-{identity}"},
    }
    emulator.publish(CHANNEL, "message", {"data": [item], "meta": {"type": "message"}})


def state(home: Path, change: Callable[[State], State]) -> str:
    """Write what a tail with --backfill left that watched for the last hour; return its path."""
    now = CLOCK.utcnow()
    left = State({CHANNEL: now}, seen=(1,), since={CHANNEL: now - HOUR})
    (home / "state").write_bytes(write_state(change(left)))
    return str(home / "state")


def test_message_that_the_tail_has_means_that_nobody_has_written_since(
    emulator: Emulator, tmp_path: Path
) -> None:
    arguments = ("--resume", str(tmp_path / "state"))
    with watching(tmp_path, emulator, *arguments, "--backfill") as process:
        publish(emulator, 1)
        process.lines(1)
        end(process)
    outcome, result, next_step = finding(tmp_path, emulator, "messages", SPEC, *arguments)
    assert (outcome, next_step) == ("ok", "")
    assert result.endswith(" ago; the tail has it, and nobody has written since")


@pytest.mark.parametrize(
    ("minutes", "change", "outcome", "words"),
    [
        (10, lambda left: left, "warning", "the tail was connected then, and hasn't got it"),
        (0, lambda left: left, "ok", "the tail is connected, and may be about to note it"),
        (10, lambda left: left._replace(until={}), "warning", "state knows nothing of this"),
        (
            10,
            lambda left: left._replace(until={CHANNEL: left.until[CHANNEL] - HOUR}),
            "warning",
            "the tail has seen everything until",
        ),
        (10, lambda left: left._replace(since={}), "ok", "began to watch only after it: nobody"),
        (10, lambda left: left._replace(seen=()), "ok", "only one with --backfill keeps what it"),
    ],
    ids=["lost", "just written", "unknown channel", "ended before", "began later", "none kept"],
)
def test_message_is_compared_with_what_the_tail_has_left(
    emulator: Emulator,
    tmp_path: Path,
    *,
    minutes: int,
    change: Callable[[State], State],
    outcome: str,
    words: str,
) -> None:
    write(emulator, 1, ago=timedelta(minutes=minutes))
    resume = ("--resume", state(tmp_path, change))
    found = finding(tmp_path, emulator, "messages", SPEC, *resume)
    assert (found[0], words in found[1]) == (outcome, True)


def test_without_a_state_the_age_of_the_newest_message_is_shown(
    emulator: Emulator, tmp_path: Path
) -> None:
    _, result, _ = finding(tmp_path, emulator, "messages", SPEC)
    assert result == "the API knows none: nobody has written"
    write(emulator, 1, ago=2 * HOUR)
    outcome, result, next_step = finding(tmp_path, emulator, "messages", SPEC)
    assert (outcome, result.endswith(", 2h 0m ago")) == ("ok", True)
    assert "doctor --resume FILE" in next_step


def test_chats_that_wait_for_an_answer_are_counted(emulator: Emulator, tmp_path: Path) -> None:
    write(emulator, 1, ago=3 * HOUR)
    write(emulator, 2, ago=2 * HOUR)
    write(emulator, 3, ago=HOUR, side="out")
    assert finding(tmp_path, emulator, "unanswered", SPEC)[1] == (
        "an answer is due in 2 of the last 3 chats, the oldest for 3h 0m"
    )


def test_licence_and_webhooks_are_shown(tmp_path: Path) -> None:
    over = replace(LICENSE, ends=1_700_000_000, is_active=False)
    hook = Webhook(1229, "telegram", f"https://hooks.example/{SECRET}?key={SECRET}")
    account = replace(DEMO_ACCOUNT, licenses=(over,), webhooks=(hook,))
    with running_emulator(EmulatorSettings(pace=None, accounts=(account,))) as emulator:
        assert finding(tmp_path, emulator, "licence", SPEC)[:2] == (
            "warning",
            "the licence is not active (inactive); it ended at 2023-11-14 22:13 UTC",
        )
        _, result, _ = finding(tmp_path, emulator, "webhooks", SPEC)
        assert result == "ChatApp posts the events to hooks.example, too"
        _, result, _ = finding(tmp_path, emulator, "webhooks", "1229/grWhatsApp")
        assert result == "none is registered for this messenger"


def test_messenger_that_the_licence_lacks_is_shown(emulator: Emulator, tmp_path: Path) -> None:
    found = finding(tmp_path, emulator, "licence", "company/2224", "1229/telegramm")
    assert found[:2] == (
        "warning",
        "the licence has no telegramm, but telegram, grWhatsApp, caWhatsApp, WhatsApp",
    )


def test_difference_to_the_clock_of_the_api_is_shown(emulator: Emulator, tmp_path: Path) -> None:
    assert finding(tmp_path, emulator, "clock")[0] == "ok"
    date = format_datetime(CLOCK.utcnow() + HOUR, usegmt=True)
    headers = {"Date": date, "Content-Type": "application/json"}
    emulator.fail("/v1/tokens/check", Answer(200, headers, b'{"success": true}'))
    outcome, result, next_step = finding(tmp_path, emulator, "clock")
    assert (outcome, next_step[:7]) == ("warning", "Set it:")
    assert result.startswith(("this machine's is 1h 0m behind", "this machine's is 59m "))


def test_file_of_another_kind_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("hello", encoding="utf-8")
    ended = doctor(tmp_path, emulator, "--resume", "notes")
    assert ended.code == 2
    assert "--resume: notes isn't a state of --resume" in ended.stderr
