"""--resume through the real process: killed at any moment, and every message recorded once."""

import json
import os
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest

from chatapp_tail.chatapp.values import dig
from chatapp_tail.resume import parse_state
from tests.cli.running import CHANNEL, CLOCK, SUBSCRIBED, Stream, environment, publish
from tests.support.cli_process import CLI
from tests.support.emulated import Emulator
from tests.support.schema import validate_line
from tests.support.waiting import wait_until

# How often the tail is killed. RESUME_KILLS=200 takes some minutes.
KILLS = int(os.environ.get("RESUME_KILLS", "6"))
NOT_RUNNING = "this program wasn't running"


def tail(home: Path, emulator: Emulator, *arguments: str) -> CLI:
    return CLI(
        home,
        *("1229/telegram", "--resume", str(home / "state"), "--record", str(home / "record")),
        *arguments,
        environment=environment(emulator),
        stdout=Path(os.devnull),
    )


def recorded(home: Path) -> list[dict[str, object]]:
    lines = (home / "record").read_text().splitlines()
    return [json.loads(json.dumps(validate_line(line))) for line in lines]


def messages(home: Path) -> Counter[object]:
    """Return how often each message was recorded, by its id."""
    return Counter(dig(one, "data", "id") for one in recorded(home) if one["kind"] == "event")


def gaps(home: Path) -> list[object]:
    return [one["reason"] for one in recorded(home) if one.get("type") == "gap"]


def test_every_message_is_recorded_once_however_often_the_tail_is_killed(
    emulator: Emulator, tmp_path: Path
) -> None:
    stream = Stream(emulator)
    with tail(tmp_path, emulator, "--backfill") as process:
        process.wait_for(SUBSCRIBED)
        stream.start()
        process.send(signal.SIGTERM)
        process.exit_code()
    for _ in range(KILLS):
        with tail(tmp_path, emulator, "--backfill") as process:
            threading.Event().wait(CLOCK.uniform(0.2, 3.0))
            process.send(signal.SIGKILL)
            process.exit_code()
    stream.stop()
    with tail(tmp_path, emulator, "--backfill") as process:
        process.wait_for("backfilled ", within=60)
        process.send(signal.SIGTERM)
        process.exit_code()
    assert messages(tmp_path) == Counter(range(stream.sent))
    assert NOT_RUNNING in gaps(tmp_path)


def test_a_restart_is_a_gap_that_is_said_and_recorded(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator) as process:
        process.wait_for(SUBSCRIBED)
        process.send(signal.SIGTERM)
        process.exit_code()
    with tail(tmp_path, emulator, "-n", "1") as process:
        process.wait_for(NOT_RUNNING)
        publish(emulator, 1)
        assert process.exit_code() == 0
    assert gaps(tmp_path) == [NOT_RUNNING]


def test_a_second_tail_with_the_same_file_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator) as first:
        first.wait_for(SUBSCRIBED)
        with tail(tmp_path, emulator) as second:
            second.wait_for("state is in use by another chatapp-tail")
            assert second.exit_code() == 2


@pytest.mark.parametrize("content", ["my notes\n", '{"kind":"chatapp-tail resume","v":1,"un'])
def test_a_state_that_is_none_is_refused_and_kept(
    emulator: Emulator, tmp_path: Path, content: str
) -> None:
    (tmp_path / "state").write_text(content)
    with tail(tmp_path, emulator) as process:
        process.wait_for("state isn't a state of --resume, or its end is missing")
        assert process.exit_code() == 2
    assert (tmp_path / "state").read_text() == content


def test_a_state_on_a_full_disk_is_reported_and_the_tail_goes_on(
    emulator: Emulator, tmp_path: Path
) -> None:
    limited = 'ulimit -f 0 && exec "$@"'  # what is written to a file is refused, as by a full disk
    arguments = ("1229/telegram", "--resume", "state", "-n", "1")
    with CLI(tmp_path, *arguments, script=limited, environment=environment(emulator)) as process:
        process.wait_for("state can't be written: File too large; tried again every 2.0 s")
        wait_until(lambda: emulator.publish(CHANNEL, "message", {"data": [1]}) == 1, "a subscriber")
        assert process.exit_code() == 0
    assert list(tmp_path.iterdir()) == [tmp_path / ".state.lock"]


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="no folder that nobody can write to")
def test_a_state_where_nothing_can_be_written_is_refused(
    emulator: Emulator, tmp_path: Path
) -> None:
    with CLI(
        tmp_path, "1229/telegram", "--resume=/sys/state", environment=environment(emulator)
    ) as process:
        process.wait_for("--resume: /sys/state can't be locked: ")
        process.wait_for("on a local disk, and may be written to")
        assert process.exit_code() == 2


@pytest.mark.parametrize(
    ("channel", "instant", "said"),
    [
        ("private-v1.users.1", "2026-11-27T08:00:00.000Z", "knows none of these channels"),
        (CHANNEL, "2999-11-27T08:00:00.000Z", "is from the future: nothing is resumed"),
    ],
)
def test_a_state_that_tells_nothing_of_this_run_is_said(
    emulator: Emulator, tmp_path: Path, channel: str, instant: str, said: str
) -> None:
    state = {"kind": "chatapp-tail resume", "v": 1, "until": {channel: instant}}
    (tmp_path / "state").write_text(json.dumps(state | {"seen": [], "recorded": {}}))
    with tail(tmp_path, emulator, "-n", "1") as process:
        process.wait_for(said)
        publish(emulator, 1)
        assert process.exit_code() == 0
    assert gaps(tmp_path) == []


def test_state_tells_since_when_the_last_run_has_watched(
    emulator: Emulator, tmp_path: Path
) -> None:
    states = []
    for _ in range(2):
        with tail(tmp_path, emulator) as process:
            process.wait_for(SUBSCRIBED)
            process.send(signal.SIGINT)
            process.exit_code()
        states.append(parse_state((tmp_path / "state").read_bytes()))
    first, second = states
    assert first.since[CHANNEL] <= first.until[CHANNEL] <= second.since[CHANNEL]
