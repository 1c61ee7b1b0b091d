"""The format file for lnav: by what it names, and by lnav itself."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from chatapp_tail import jsontext
from chatapp_tail.chatapp.events import EVENTS, samples
from chatapp_tail.chatapp.fields import as_dict
from chatapp_tail.chatapp.record import Record
from tests.chatapp.given import TELEGRAM, decoded
from tests.support.programs import require

CHANNELS = (TELEGRAM, "private-v1.companies.2224")
FORMAT = Path(__file__).parents[1] / "lnav" / "chatapp_tail.json"


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """Return all documented samples, and a failure, as the records of one run."""
    failed = {"id": 5, "type": "failed", "error": {"code": 131026, "message": "undeliverable"}}
    return decoded({"data": [failed]}, event="messageStatus", channel=TELEGRAM) + [
        one
        for seq, (name, sample) in enumerate(
            (name, sample) for name in EVENTS for sample in samples(name)
        )
        for one in decoded(sample, event=name, channel=CHANNELS[seq % 2], after=float(seq))
    ]


@pytest.fixture
def lnav(tmp_path: Path) -> Path:
    """Return a home in which lnav has our format, installed as a user does it."""
    require("lnav")
    run(tmp_path, "-i", str(FORMAT))
    return tmp_path


def run(home: Path, *arguments: str) -> str:
    """Return what lnav prints without its screen."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TZ": "UTC", "TERM": "dumb"}
    command = ["lnav", *arguments]
    done = subprocess.run(
        command, env=environment, cwd=home, check=True, capture_output=True, timeout=60
    )
    return done.stdout.decode()


def written(home: Path, records: list[Record]) -> str:
    """Return the name of a file with ``records`` as --json and --record write them."""
    lines = [jsontext.dumps(as_dict(one)) + b"\n" for one in records]
    (home / "events.jsonl").write_bytes(b"".join(lines))
    return "events.jsonl"


def asked(home: Path, file: str, question: str) -> object:
    """Return lnav's answer to SQL about ``file``: a list of objects."""
    return json.loads(run(home, "-n", "-c", f";{question}", "-c", ":write-json-to -", file))


def described() -> dict[str, object]:
    """Return the one format of the file."""
    content = json.loads(FORMAT.read_text(encoding="utf-8"))
    (name,) = content.keys() - {"$schema"}
    assert name == FORMAT.stem
    format_: dict[str, object] = content[name]
    return format_


def paths(value: object, prefix: str = "") -> set[str]:
    """Return the keys in ``value`` as lnav names them: ``data/chat/id``."""
    if not isinstance(value, dict):
        return set()
    inside = (paths(item, f"{prefix}{key}/") for key, item in value.items())
    return {f"{prefix}{key}" for key in value}.union(*inside)


def test_all_that_the_format_names_is_in_a_record(records: list[Record]) -> None:
    known = set().union(*(paths(as_dict(one)) for one in records))
    format_ = described()
    line, values = format_["line-format"], format_["value"]
    assert isinstance(line, list)
    assert isinstance(values, dict)
    shown = {part["field"] for part in line if isinstance(part, dict)} - {"__timestamp__"}
    whole = {str(format_[f"{kind}-field"]) for kind in ("timestamp", "level", "body")}
    assert (shown | whole | set(values)) - known == set()
    assert shown <= set(values)


def test_lnav_knows_each_record_and_when_it_came(lnav: Path, records: list[Record]) -> None:
    question = "select log_time, event, channel from chatapp_tail"
    assert asked(lnav, written(lnav, records), question) == [
        {
            "log_time": f"{one.envelope.received_at:%F %T}.521",
            "event": one.envelope.event,
            "channel": one.envelope.channel.name if one.envelope.channel else None,
        }
        for one in records
    ]


def test_lnav_shows_who_wrote_what_and_nothing_of_the_envelope(lnav: Path) -> None:
    text = "Айгүл asks: 👍?"
    item = {"side": "in", "type": "text", "chat": {"name": "Emma"}, "message": {"text": text}}
    shown = run(lnav, "-n", written(lnav, decoded({"data": [item]})))
    assert shown.split() == [
        *("11:39:24.521", "1229", "telegram", "message"),
        *("text", "in", "Emma", "client", *text.split()),
    ]
    assert shown.count("\n") == 1


def test_a_failed_message_is_an_error_for_lnav_and_all_else_is_not(lnav: Path) -> None:
    statuses = ("sent", "failed", "viewed")
    records = decoded({"data": [{"type": kind} for kind in statuses]}, event="messageStatus")
    question = """select "data/type" as type, log_level from chatapp_tail"""
    assert asked(lnav, written(lnav, records), question) == [
        {"type": "sent", "log_level": "info"},
        {"type": "failed", "log_level": "error"},
        {"type": "viewed", "log_level": "info"},
    ]
