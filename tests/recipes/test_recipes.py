"""Each recipe runs as it stands in its page; ``tests/docs`` compares the Russian pages."""

import json
import re
from pathlib import Path

import pytest

from tests.recipes.sandbox import Sandbox, recipes
from tests.support.programs import require
from tests.support.waiting import wait_until

STARTED = re.compile(r'sandbox\.(?:start|watching|finished)\(\s*"([\w-]+)"')
VIEWED = "data.0.chat.phone=70000000000"


def test_each_recipe_is_run_by_a_test() -> None:
    tests = Path(__file__).parent.glob("test_*.py")
    run = {name for test in tests for name in STARTED.findall(test.read_text())}
    assert run | {"vector.toml"} == set(recipes())


# jq and grep


def test_texts_are_in_the_file_as_they_come(sandbox: Sandbox) -> None:
    require("jq")
    log = sandbox.home / "texts.log"
    with sandbox.watching("texts", count=3) as process:
        sandbox.send_text("Можно торт к субботе? 🍰")
        wait_until(lambda: log.read_text() == "Можно торт к субботе? 🍰\n", "the first text")
        sandbox.send_text("Да", side="out")
        sandbox.send_text("Спасибо")
        assert process.exit_code() == 0
    assert log.read_text() == "Можно торт к субботе? 🍰\nСпасибо\n"


def test_failed_messages_are_shown_with_their_errors(sandbox: Sandbox) -> None:
    require("jq")
    with sandbox.watching("failed", count=1) as process:
        sandbox.send("messageStatus", type="delivered")
        sandbox.send("messageStatus", type="failed", error={"code": 131026})
        assert process.lines(1) == ['{"id":42213,"error":{"code":131026}}']
        assert process.exit_code() == 0


def test_payload_is_the_object_of_the_vendors_page(sandbox: Sandbox) -> None:
    require("jq")
    with sandbox.watching("payload", count=1) as process:
        sandbox.send("chatRead")
        assert process.exit_code() == 0
        assert list(json.loads(process.stdout.text)) == ["data", "meta"]


def test_grep_finds_rows_as_they_come(sandbox: Sandbox) -> None:
    require("grep")
    found = sandbox.home / "invoices.tsv"
    with sandbox.watching("grep", count=3) as process:
        sandbox.send_text("Где счёт?")
        wait_until(lambda: "Где счёт?" in found.read_text(), "the first row")
        sandbox.send_text("И торт")
        sandbox.send_text("Invoice, please")
        assert process.exit_code() == 0
    rows = [row.split("\t") for row in found.read_text().splitlines()]
    assert [row[2] for row in rows] == ["message", "message"]
    assert "Invoice, please" in rows[1][5]


# SQLite and DuckDB


def test_sqlite_has_each_event_as_it_comes_and_counts_them(sandbox: Sandbox) -> None:
    with sandbox.watching("sqlite", count=3) as process:
        sandbox.send_text("Можно торт к субботе?")
        first = [("message", "telegram")]
        wait_until(lambda: sandbox.stored("event, messenger") == first, "the first event")
        sandbox.send_text("Конечно", side="out")
        sandbox.send("chatRead")
        assert process.exit_code() == 0
    assert sandbox.stored("event") == [("message",), ("message",), ("chatRead",)]
    assert sandbox.finished("sqlite-query").split() == [
        *("messenger", "messages", "incoming"),
        *("telegram", "2", "1"),
    ]


def test_duckdb_reads_a_recorded_file_of_several_runs(sandbox: Sandbox) -> None:
    for events in (["message", "chatRead"], ["message"]):
        with sandbox.tail("--all", "--record=today.jsonl.gz", f"-n{len(events)}") as process:
            process.wait_for("subscribed to 1229/telegram")
            for event in events:
                sandbox.send(event)
            assert process.exit_code() == 0
    header, *rows = sandbox.finished("duckdb").splitlines()
    assert header == "event,n,last"
    assert [row.split(",")[:2] for row in rows] == [["message", "2"], ["chatRead", "1"]]


# Waiting for a message to be viewed


def send_by(sandbox: Sandbox, *statuses: str) -> None:
    """Let ``./send-message`` trigger these statuses; who isn't connected yet misses them."""
    commands = [
        f"chatapp-tail trigger -q messageStatus --set data.0.type={status} --set {VIEWED}"
        for status in statuses
    ]
    sandbox.program("send-message", "\n".join(commands))


def test_job_goes_on_when_the_message_was_viewed(sandbox: Sandbox) -> None:
    send_by(sandbox, "sent", "delivered", "viewed")
    with sandbox.start("ci") as process:
        assert process.exit_code() == 0, process.stderr.text
    assert (sandbox.home / "seen.jsonl").read_text().count("\n") == 3


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_job_fails_with_six_when_nobody_viewed_it_in_time(sandbox: Sandbox, status: str) -> None:
    send_by(sandbox, status)
    with sandbox.start("ci", but={"-d 60s": "-d 1s"}) as process:
        assert process.exit_code() == 6


def test_job_ends_when_the_tail_cannot_begin(sandbox: Sandbox) -> None:
    send_by(sandbox, "viewed")
    with sandbox.start("ci", CHATAPP_TOKEN="wrong") as process:
        assert process.exit_code() == 3
