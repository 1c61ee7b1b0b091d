"""--record and replay as a whole; tests/recording has the file's form."""

import json
import os
import signal
import stat
from pathlib import Path

import pytest

from chatapp_tail.chatapp.events import EVENTS, samples
from tests.cli.running import CHANNEL, tail, watching
from tests.forwarding.given import Webhook
from tests.support.cli_here import run_here
from tests.support.cli_process import CLI
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.waiting import wait_until


def publish_samples(emulator: Emulator) -> int:
    """Publish every documented event in both wire shapes; return how many items they are."""
    items = 0
    for name in EVENTS:
        for sample in samples(name):
            for payload in (sample, {"queue": "q", "payload": sample}):
                emulator.publish(CHANNEL, name, payload)
                items += len(json.loads(json.dumps(sample))["data"])
    emulator.publish(CHANNEL, "message", "no JSON at all")
    emulator.publish(CHANNEL, "message", {"data": [], "meta": {"a": "\u202e\x1b[31m"}})
    return items + 2


def live(home: Path, emulator: Emulator, record: Path, *arguments: str) -> bytes:
    """Return stdout of a run that records all samples to ``record``."""
    with watching(home, emulator, "--record", str(record), *arguments) as process:
        items = publish_samples(emulator)
        process.lines(items)
        process.send(signal.SIGTERM)
        assert process.exit_code() == 143
        return bytes(process.stdout.received)


def replayed(home: Path, *arguments: str) -> bytes:
    """Return what a replay writes to stdout."""
    ended = run_here(home, "replay", *arguments)
    assert ended.code == 0, ended.stderr
    return ended.stdout.encode()


def record_line(number: int, time: str, event: str, data: object) -> str:
    """Return a recorded line; ``time`` is of 20 November."""
    record = {
        "v": 1, "kind": "event", "seq": number, "received_at": f"2026-11-20T{time}.000Z",
        "occurred_at": None, "event": event, "channel": CHANNEL, "scope": "license",
        "license": 1229, "messenger": "telegram", "company": None, "user": None, "index": 0,
        "count": 1, "data": data, "meta": None,
    }  # fmt: skip
    return f"{json.dumps(record)}\n"


@pytest.mark.parametrize(
    ("name", "form"), [("r.jsonl", "json"), ("r.jsonl.gz", "plain"), ("r.jsonl", "table")]
)
def test_replay_gives_the_same_bytes_as_the_live_run(
    emulator: Emulator, tmp_path: Path, name: str, form: str
) -> None:
    record = tmp_path / name
    shown = live(tmp_path, emulator, record, "-f", form)
    again = replayed(tmp_path, str(record), "-f", form)
    if form == "table":  # live there is one channel only, and no column for it
        assert again.count(b"\n") == shown.count(b"\n")
    else:
        assert again == shown
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_record_has_what_the_filters_leave_out(emulator: Emulator, tmp_path: Path) -> None:
    record = tmp_path / "r.jsonl"
    with watching(
        tmp_path, emulator, "-e", "chatRead", "-n", "1", "--record", str(record)
    ) as process:
        for name in ("message", "chatTag", "chatRead"):
            emulator.publish(CHANNEL, name, samples(name)[0])
        assert process.exit_code() == 0
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    events = [line["event"] for line in lines if line["kind"] == "event"]
    assert events == ["message", "chatTag", "chatRead"]
    assert [line["type"] for line in lines if line["kind"] == "notice"] == ["subscribed", "summary"]


@pytest.mark.parametrize("quiet", [(), ("-q",)], ids=["", "-q"])
def test_full_disk_is_reported_and_the_tail_goes_on_and_ends_with_1(
    emulator: Emulator, tmp_path: Path, quiet: tuple[str, ...]
) -> None:
    with tail(tmp_path, emulator, "-n", "3", "--record", "/dev/full", *quiet) as process:
        wait_until(lambda: emulator.publish(CHANNEL, "message", samples("message")[0]) == 1, "it")
        for _ in range(2):
            emulator.publish(CHANNEL, "message", samples("message")[0])
        assert process.exit_code() == 1
        assert len(process.stdout.text.splitlines()) == 3
        assert "error: /dev/full lacks 3 records of this run" in process.stderr.text
        assert quiet or "No space left on device" in process.stderr.text


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return what a run recorded of all samples."""
    home = tmp_path_factory.mktemp("recorded")
    with running_emulator(EmulatorSettings(pace=None)) as emulator:
        live(home, emulator, home / "r.jsonl")
    return (home / "r.jsonl").read_bytes()


@pytest.fixture
def record(recorded: bytes, tmp_path: Path) -> Path:
    """Return a recorded file."""
    path = tmp_path / "r.jsonl"
    path.write_bytes(recorded)
    return path


def test_filters_formats_and_stdin_work_on_a_recording(record: Path) -> None:
    home = record.parent
    statuses = replayed(home, str(record), "-e", "messageStatus", "-f", "plain")
    assert statuses
    assert all(b"\tmessageStatus\t" in line for line in statuses.splitlines())
    arguments = ("replay", "-", "-e", "messageStatus", "-f", "plain")
    with CLI(home, *arguments, script=f'exec "$@" < {record}') as process:
        assert process.exit_code() == 0
        assert bytes(process.stdout.received) == statuses
    raw = home / "raw.jsonl"
    raw.write_bytes(replayed(home, str(record), "-f", "raw", "-e", "message"))
    again = [json.loads(line) for line in replayed(home, str(raw)).splitlines()]
    assert {one["event"] for one in again if not one.get("malformed")} == {"message"}


@pytest.mark.parametrize("format_", ["plain", "table"])
def test_latest_possible_time_is_shown_in_any_zone(tmp_path: Path, format_: str) -> None:
    file = tmp_path / "far.jsonl"
    file.write_text('{"data":[{"id":1,"time":253402300799}],"meta":{"type":"message"}}\n')
    zone = {"TZ": "Asia/Almaty"}
    with CLI(tmp_path, "replay", str(file), "-f", format_, environment=zone) as process:
        assert process.exit_code() == 0
        assert "23:59:59" in process.stdout.text.splitlines()[-1]


@pytest.mark.parametrize("format_", ["json", "plain"])
def test_record_is_shown_as_soon_as_it_comes(record: Path, format_: str) -> None:
    written = record.read_bytes().splitlines(keepends=True)
    lines = [line for line in written if b'"kind":"event"' in line]
    pipe = record.with_name("pipe")
    os.mkfifo(pipe)
    with (
        CLI(record.parent, "replay", "-", "-f", format_, script=f'exec "$@" < {pipe}') as process,
        pipe.open("wb", buffering=0) as growing,
    ):
        for line in lines[:3]:
            growing.write(line)
            assert len(process.lines(1)) == 1
        growing.close()
        assert process.exit_code() == 0


def test_file_that_was_cut_off_is_replayed_up_to_there(record: Path) -> None:
    content = record.read_bytes()
    record.write_bytes(b"nonsense\n" + content[:-20])
    ended = run_here(record.parent, "replay", "--notices", str(record))
    assert ended.code == 0
    assert ended.stdout.encode() == content[: content[:-1].rindex(b"\n") + 1]
    assert "line 1" in ended.stderr
    assert "2 bad lines" in ended.stderr


@pytest.mark.parametrize(
    ("words", "code"), [("-n 3", 0), ("--until data.id=nowhere", 6)], ids=["met", "not met"]
)
def test_end_of_the_file_before_the_goal_exits_with_6(record: Path, words: str, code: int) -> None:
    assert run_here(record.parent, "replay", str(record), *words.split()).code == code


def test_speed_keeps_the_pauses(tmp_path: Path) -> None:
    lines = (record_line(1, "12:00:00", "x", {}), record_line(2, "12:00:30", "x", {}))
    (tmp_path / "two.jsonl").write_text("".join(lines))
    with CLI(tmp_path, "replay", "two.jsonl", "--speed", "100") as process:
        assert process.exit_code() == 0
        assert "2 replayed in 0.3 s" in process.stderr.text
    with CLI(tmp_path, "replay", "two.jsonl", "--speed", "1") as process:
        assert len(process.lines(1)) == 1
        process.send(signal.SIGINT)
        assert process.exit_code_at_once() == 130


def test_reader_that_leaves_ends_the_replay_with_0(record: Path) -> None:
    with CLI(record.parent, "replay", str(record), "--speed", "0.001") as process:
        process.lines(1)
        process.close_stdout()
        assert process.exit_code_at_once() == 0


def test_webhook_gets_a_recording_again(record: Path) -> None:
    with Webhook() as webhook:
        arguments = ("-e", "messageReaction", "--forward-to", webhook.url)
        replayed(record.parent, str(record), *arguments)
    sample = samples("messageReaction")[0]
    assert webhook.bodies == [sample, sample]


@pytest.mark.parametrize(
    ("source", "script"),
    [
        ("r.jsonl", '"$@" >> r.jsonl'),
        ("r.jsonl", '"$@" > r.jsonl'),
        ("-", '"$@" < r.jsonl >> r.jsonl'),
    ],
)
def test_stdout_that_goes_into_the_file_itself_is_refused(
    recorded: bytes, tmp_path: Path, source: str, script: str
) -> None:
    (tmp_path / "r.jsonl").write_bytes(recorded)
    with CLI(tmp_path, "replay", source, "--json", script=script) as process:
        assert process.exit_code() == 2
        assert "stdout is the file that is replayed" in process.stderr.text
    assert (tmp_path / "r.jsonl").read_bytes() in (recorded, b"")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("absent.jsonl", "absent.jsonl can't be read"),
        ("empty.jsonl --speed fast", "--speed"),
        ("empty.jsonl --record empty.jsonl", "--record: this is the file"),
        ("empty.jsonl", "nothing to replay: the recording is empty"),
        ("other.txt", "nothing to replay: the recording holds no event"),
        ("notice.jsonl --json", "nothing to replay: its only line is a notice"),
        ("empty.jsonl --idle 3s", "doesn't take --idle"),
        ("empty.jsonl --since soon", "--since: 'soon' is no time; write 10m, 08:00,"),
        ("empty.jsonl --before 2999-01-01", "--before: '2999-01-01' is yet to come"),
    ],
)
def test_replay_that_cannot_run_is_a_usage_error(tmp_path: Path, words: str, error: str) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "other.txt").write_text("something\nelse\n")
    notice = '{"v":1,"kind":"notice","at":"2026-11-22T11:39:24.521Z","type":"lost"}\n'
    (tmp_path / "notice.jsonl").write_text(notice)
    code, _, stderr = run_here(tmp_path, "replay", *words.split())
    assert code == 2
    assert error in stderr


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """Return a recording of a message, its status, an answer to it, and another message."""
    long = "wamid.HBgLNzk4ODExMTIyMzMVAgARGBIyNjYzNkVEMTcyOTczMDgxMEEA"
    chat: dict[str, object] = {"id": "70000000001"}
    named = chat | {"name": "Айгүл Ермекова"}
    answer: dict[str, object] = {"id": "wamid.B", "message": {"text": "yes"}}
    answer["quotedMessage"] = {"id": long}
    items: list[tuple[str, str, dict[str, object]]] = [
        ("09:00:00", "message", {"id": long, "side": "out", "message": {"text": "ready"}}),
        ("09:00:02", "messageStatus", {"id": long, "type": "delivered"}),
        ("09:10:00", "message", answer),
        ("09:20:00", "message", {"id": "wamid.C", "message": {"text": "bye"}}),
        ("09:30:00", "chatRead", {}),
    ]
    lines = [
        record_line(number, time, event, item | {"chat": named if event == "message" else chat})
        for number, (time, event, item) in enumerate(items)
    ]
    file = tmp_path / "story.jsonl"
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("arguments", "times"),
    [
        (["--msg", "DgxMEEA"], ["09:00:00", "09:00:02", "09:10:00"]),
        (["--chat", "айгүл", "-e", "chat*,messageStatus"], ["09:00:02", "09:30:00"]),
        (["--since", "2026-11-20T09:10:00Z"], ["09:10:00", "09:20:00", "09:30:00"]),
        (["--before", "2026-11-20T09:00:02Z"], ["09:00:00"]),
        (
            ["--since", "2026-11-20T09:00:01Z", "--before", "2026-11-20T09:20Z"],
            ["09:00:02", "09:10:00"],
        ),
    ],
    ids=str,
)
def test_filters_and_times_choose_records(
    story: Path, arguments: list[str], times: list[str]
) -> None:
    lines = replayed(story.parent, str(story), *arguments, "--json").splitlines()
    assert [json.loads(line)["received_at"][11:19] for line in lines] == times


def test_history_of_a_message_is_read_off_its_short_id(story: Path) -> None:
    rows = replayed(story.parent, str(story), "-f", "plain", "-e", "message").decode().splitlines()
    short = rows[0].split("\t")[3]
    history = replayed(story.parent, str(story), "-f", "plain", "--msg", short).decode()
    assert [row.split("\t")[5] for row in history.splitlines()] == [
        "→ phone: ready",
        "✓✓ delivered +2s · ready",
        "← yes (↩ ready)",
    ]


def test_old_recording_without_authors_is_replayed_with_them(story: Path) -> None:
    first = json.loads(replayed(story.parent, str(story), "--json").splitlines()[0])
    assert first["author"] == {"kind": "phone", "id": None, "name": None, "via": None}
    assert first["chat_id"] == "70000000001"


def test_summary_tells_what_was_held_back_and_with_an_option_counts_it(story: Path) -> None:
    said = run_here(story.parent, "replay", str(story), "-e", "message", "--summary").stderr
    assert "3 shown of 5 replayed" in said
    assert "--event held back 2" in said
    assert "delivered after 2s (median), 2s (longest)" in said
    assert "messageStatus" in said
