"""--record and replay through the real process."""

import gzip
import json
import os
import signal
import stat
from pathlib import Path

import pytest

from chatapp_tail.chatapp.events import EVENTS, samples
from tests.cli.running import CHANNEL, SUBSCRIBED, tail
from tests.support.cli_here import run_here
from tests.support.cli_process import CLI
from tests.support.emulated import Emulator, EmulatorSettings, running_emulator
from tests.support.loopback_http import Answer, LoopbackHTTP, Request
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
    with tail(home, emulator, "--record", str(record), *arguments) as process:
        process.wait_for(SUBSCRIBED)
        items = publish_samples(emulator)
        process.lines(items)
        process.send(signal.SIGTERM)
        assert process.exit_code() == 143
        return bytes(process.stdout.received)


def replayed(home: Path, *arguments: str, script: str = "") -> bytes:
    with CLI(home, "replay", *arguments, script=script) as process:
        assert process.exit_code() == 0, process.stderr.text
        return bytes(process.stdout.received)


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
@pytest.mark.parametrize("form", ["json", "table", "plain"])
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
    with tail(tmp_path, emulator, "-e", "chatRead", "-n", "1", "--record", str(record)) as process:
        process.wait_for(SUBSCRIBED)
        for name in ("message", "chatTag", "chatRead"):
            emulator.publish(CHANNEL, name, samples(name)[0])
        assert process.exit_code() == 0
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    events = [line["event"] for line in lines if line["kind"] == "event"]
    assert events == ["message", "chatTag", "chatRead"]
    assert [line["type"] for line in lines if line["kind"] == "notice"] == ["subscribed", "summary"]


@pytest.mark.parametrize("quiet", [(), ("-q",)], ids=["", "-q"])
def test_a_full_disk_is_said_the_tail_goes_on_and_ends_with_1(
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
    script = f'exec "$@" < {record}'
    assert replayed(home, "-", "-e", "messageStatus", "-f", "plain", script=script) == statuses
    raw = home / "raw.jsonl"
    raw.write_bytes(replayed(home, str(record), "-f", "raw", "-e", "message"))
    again = [json.loads(line) for line in replayed(home, str(raw)).splitlines()]
    assert {one["event"] for one in again if not one.get("malformed")} == {"message"}


@pytest.mark.parametrize("format_", ["plain", "table"])
def test_last_second_of_all_is_shown_in_any_zone(tmp_path: Path, format_: str) -> None:
    file = tmp_path / "far.jsonl"
    file.write_text('{"data":[{"id":1,"time":253402300799}],"meta":{"type":"message"}}\n')
    zone = {"TZ": "Asia/Almaty"}
    with CLI(tmp_path, "replay", str(file), "-f", format_, environment=zone) as process:
        assert process.exit_code() == 0
        assert "23:59:59" in process.stdout.text.splitlines()[-1]


@pytest.mark.parametrize("format_", ["json", "plain"])
def test_what_comes_slowly_is_replayed_at_once(record: Path, format_: str) -> None:
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


def test_files_that_were_cut_off_are_replayed_up_to_there(record: Path) -> None:
    content = record.read_bytes()
    torn = record.with_name("torn.jsonl")
    torn.write_bytes(b"nonsense\n" + content[:-20])
    with CLI(record.parent, "replay", "--notices", str(torn)) as process:
        assert process.exit_code() == 0
        assert bytes(process.stdout.received) == content[: content[:-1].rindex(b"\n") + 1]
        assert "line 1" in process.stderr.text
        assert "2 bad lines" in process.stderr.text
    packed = record.with_name("packed.gz")
    packed.write_bytes(gzip.compress(content)[:-12])
    with CLI(record.parent, "replay", "--notices", str(packed)) as process:
        assert process.exit_code() == 0
        assert content.startswith(bytes(process.stdout.received))


def test_what_is_awaited_and_not_in_the_file_is_code_6(record: Path) -> None:
    for arguments, code in ((("-n", "3"), 0), (("--until", "data.id=nowhere"), 6)):
        with CLI(record.parent, "replay", str(record), *arguments) as process:
            assert process.exit_code() == code


def test_speed_keeps_the_pauses(tmp_path: Path) -> None:
    line = {
        "v": 1, "kind": "event", "seq": 1, "received_at": "2026-11-22T12:00:00.000Z",
        "occurred_at": None, "event": "x", "channel": None, "scope": None, "license": None,
        "messenger": None, "company": None, "user": None, "index": 0, "count": 1,
        "data": {"id": 1}, "meta": None,
    }  # fmt: skip
    later = line | {"seq": 2, "received_at": "2026-11-22T12:00:30.000Z"}
    file = tmp_path / "two.jsonl"
    file.write_text(f"{json.dumps(line)}\n{json.dumps(later)}\n")
    with CLI(tmp_path, "replay", str(file), "--speed", "100") as process:
        assert process.exit_code() == 0
        assert "2 replayed in 0.3 s" in process.stderr.text
    with CLI(tmp_path, "replay", str(file), "--speed", "1") as process:
        assert len(process.lines(1)) == 1
        process.send(signal.SIGINT)
        assert process.exit_code_at_once() == 130


def test_a_reader_that_leaves_ends_the_replay_with_0(record: Path) -> None:
    with CLI(record.parent, "replay", str(record), "--speed", "0.001") as process:
        process.lines(1)
        process.close_stdout()
        assert process.exit_code_at_once() == 0


def test_a_webhook_gets_a_recording_again(record: Path) -> None:
    posted: list[Request] = []

    def answer(request: Request) -> Answer:
        posted.append(request)
        return Answer(200)

    with LoopbackHTTP(answer) as hook:
        replayed(record.parent, str(record), "-e", "messageReaction", "--forward-to", hook.url)
    sample = samples("messageReaction")[0]
    assert [json.loads(request.body) for request in posted] == [sample, sample]


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
    ("arguments", "words"),
    [
        (["absent.jsonl"], "absent.jsonl can't be read"),
        (["r.jsonl", "--speed", "fast"], "--speed"),
        (["r.jsonl", "--record", "r.jsonl"], "--record: this is the file"),
        (["r.jsonl"], "nothing to replay: the recording is empty"),
        (["other.txt"], "nothing to replay: the recording holds no event"),
        (["notice.jsonl", "--json"], "nothing to replay: its only line is a notice"),
        (["r.jsonl", "--idle", "3s"], "doesn't take --idle"),
        (
            ["r.jsonl", "--since", "soon"],
            "--since: 'soon' is no time; write 10m, 08:00,",
        ),
        (["r.jsonl", "--before", "2999-01-01"], "--before: '2999-01-01' is yet to come"),
    ],
    ids=str,
)
def test_what_cant_be_is_a_usage_error(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "r.jsonl").touch()
    (tmp_path / "other.txt").write_text("something\nelse\n")
    notice = '{"v":1,"kind":"notice","at":"2026-11-22T11:39:24.521Z","type":"lost"}\n'
    (tmp_path / "notice.jsonl").write_text(notice)
    code, _, stderr = run_here(tmp_path, "replay", *arguments)
    assert code == 2
    assert words in stderr


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """Return a recording of a message, its statuses, an answer to it, and another message."""
    long = "wamid.HBgLNzk4ODExMTIyMzMVAgARGBIyNjYzNkVEMTcyOTczMDgxMEEA"
    chat = {"id": "70000000001", "name": "Айгүл Ермекова"}
    items: list[tuple[str, str, dict[str, object]]] = [
        ("09:00:00", "message", {"id": long, "side": "out", "message": {"text": "ready"}}),
        ("09:00:02", "messageStatus", {"id": long, "type": "delivered"}),
        (
            "09:10:00",
            "message",
            {"id": "wamid.B", "quotedMessage": {"id": long}, "message": {"text": "yes"}},
        ),
        ("09:20:00", "message", {"id": "wamid.C", "message": {"text": "bye"}}),
        ("09:30:00", "chatRead", {}),
    ]
    file = tmp_path / "story.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for number, (time, event, item) in enumerate(items):
            event_chat = chat if event == "message" else {"id": chat["id"]}
            record = {
                "v": 1,
                "kind": "event",
                "seq": number,
                "occurred_at": None,
                "event": event,
                "received_at": f"2026-11-20T{time}.000Z",
                "channel": CHANNEL,
                "scope": "license",
                "license": 1229,
                "messenger": "telegram",
                "company": None,
                "user": None,
                "index": 0,
                "count": 1,
                "meta": None,
                "data": {**item, "chat": event_chat},
            }
            lines.write(f"{json.dumps(record)}\n")
    return file


def events_of(home: Path, *arguments: str) -> list[str]:
    """Return which events are shown, by the second at which they came."""
    lines = replayed(home, *arguments, "--json").splitlines()
    return [json.loads(line)["received_at"][11:19] for line in lines]


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
def test_what_is_looked_for_is_found(story: Path, arguments: list[str], times: list[str]) -> None:
    assert events_of(story.parent, str(story), *arguments) == times


def test_history_of_a_message_is_read_off_its_short_id(story: Path) -> None:
    rows = replayed(story.parent, str(story), "-f", "plain", "-e", "message").decode().splitlines()
    short = rows[0].split("\t")[3]
    history = replayed(story.parent, str(story), "-f", "plain", "--msg", short).decode()
    assert [row.split("\t")[5] for row in history.splitlines()] == [
        "→ phone: ready",
        "✓✓ delivered +2s · ready",
        "← yes (↩ ready)",
    ]


def test_recording_of_before_the_author_was_written_is_replayed_with_it(story: Path) -> None:
    first = json.loads(replayed(story.parent, str(story), "--json").splitlines()[0])
    assert first["author"] == {"kind": "phone", "id": None, "name": None, "via": None}
    assert first["chat_id"] == "70000000001"


def test_summary_tells_what_was_held_back_and_with_an_option_counts_it(story: Path) -> None:
    with CLI(story.parent, "replay", str(story), "-e", "message", "--summary") as process:
        assert process.exit_code() == 0
        said = process.stderr.text
    assert "3 shown of 5 replayed" in said
    assert "--event held back 2" in said
    assert "delivered after 2s (median), 2s (longest)" in said
    assert "messageStatus" in said
