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
from tests.cli.running import CHANNEL, CLOCK, SUBSCRIBED, Stream, end, environment, publish
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
    return [validate_line(line) for line in (home / "record").read_text().splitlines()]


def gaps(home: Path) -> list[object]:
    return [one["reason"] for one in recorded(home) if one.get("type") == "gap"]


def test_every_message_is_recorded_once_however_often_the_tail_is_killed(
    emulator: Emulator, tmp_path: Path
) -> None:
    stream = Stream(emulator)
    with tail(tmp_path, emulator, "--backfill") as process:
        process.wait_for(SUBSCRIBED)
        stream.start()
        end(process)
    for _ in range(KILLS):
        with tail(tmp_path, emulator, "--backfill") as process:
            threading.Event().wait(CLOCK.uniform(0.2, 3.0))
            end(process, signal.SIGKILL)
    stream.stop()
    with tail(tmp_path, emulator, "--backfill") as process:
        process.wait_for("backfilled ", within=60)
        end(process)
    events = [one for one in recorded(tmp_path) if one["kind"] == "event"]
    assert Counter(dig(one, "data", "id") for one in events) == Counter(range(stream.sent))
    assert NOT_RUNNING in gaps(tmp_path)


def test_restart_is_a_gap_and_continues_what_was_watched(
    emulator: Emulator, tmp_path: Path
) -> None:
    states = []
    for words in (SUBSCRIBED, NOT_RUNNING):
        with tail(tmp_path, emulator) as process:
            process.wait_for(words)
            end(process)
        states.append(parse_state((tmp_path / "state").read_bytes()))
    assert gaps(tmp_path) == [NOT_RUNNING]
    first, second = states
    assert first.since[CHANNEL] <= first.until[CHANNEL] <= second.since[CHANNEL]


def test_second_tail_with_the_same_file_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator) as first:
        first.wait_for(SUBSCRIBED)
        with tail(tmp_path, emulator) as second:
            second.wait_for("state is in use by another chatapp-tail")
            assert second.exit_code() == 2


@pytest.mark.parametrize("content", ["my notes\n", '{"kind":"chatapp-tail resume","v":1,"un'])
def test_file_of_another_kind_is_refused_and_kept(
    emulator: Emulator, tmp_path: Path, content: str
) -> None:
    (tmp_path / "state").write_text(content)
    with tail(tmp_path, emulator) as process:
        process.wait_for("state isn't a state of --resume, or its end is missing")
        assert process.exit_code() == 2
    assert (tmp_path / "state").read_text() == content


def test_full_disk_is_reported_and_the_tail_goes_on(emulator: Emulator, tmp_path: Path) -> None:
    limited = 'ulimit -f 0 && exec "$@"'  # what is written to a file is refused, as by a full disk
    arguments = ("1229/telegram", "--resume", "state", "-n", "1")
    with CLI(tmp_path, *arguments, script=limited, environment=environment(emulator)) as process:
        process.wait_for("state can't be written: File too large; tried again every 2.0 s")
        wait_until(lambda: emulator.publish(CHANNEL, "message", {"data": [1]}) == 1, "a subscriber")
        assert process.exit_code() == 0
    assert list(tmp_path.iterdir()) == [tmp_path / ".state.lock"]


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="no folder that nobody can write to")
def test_folder_that_cannot_be_written_to_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    arguments = ("1229/telegram", "--resume=/sys/state")
    with CLI(tmp_path, *arguments, environment=environment(emulator)) as process:
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
def test_state_that_says_nothing_of_this_run_is_reported(
    emulator: Emulator, tmp_path: Path, channel: str, instant: str, said: str
) -> None:
    state = {"kind": "chatapp-tail resume", "v": 1, "until": {channel: instant}}
    (tmp_path / "state").write_text(json.dumps(state | {"seen": [], "recorded": {}}))
    with tail(tmp_path, emulator, "-n", "1") as process:
        process.wait_for(said)
        publish(emulator, 1)
        assert process.exit_code() == 0
    assert gaps(tmp_path) == []
