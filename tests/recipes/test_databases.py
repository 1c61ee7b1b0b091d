"""Recipes with SQLite and DuckDB."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.recipes.kitchen import Kitchen
from tests.support.waiting import wait_until


def stored(database: Path) -> list[tuple[str, str]]:
    """Return event and messenger of each row, none where there is no table yet."""
    with closing(sqlite3.connect(f"file:{database}?mode=rwc", uri=True)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchall():
            return []
        return connection.execute("SELECT event, messenger FROM events").fetchall()


def test_sqlite_has_each_event_as_it_comes_and_counts_them(kitchen: Kitchen) -> None:
    database = kitchen.home / "chatapp.db"
    with kitchen.start("sqlite", count=3) as process:
        process.wait_for("subscribed to 1229/telegram")
        kitchen.send_text("Можно торт к субботе?")
        wait_until(lambda: stored(database) == [("message", "telegram")], "the first event")
        kitchen.send_text("Конечно", side="out")
        kitchen.send("chatRead")
        assert process.exit_code() == 0
    assert [event for event, _ in stored(database)] == ["message", "message", "chatRead"]
    assert kitchen.finished("sqlite-query").split() == [
        *("messenger", "messages", "incoming"),
        *("telegram", "2", "1"),
    ]


def test_duckdb_reads_a_recorded_file_of_several_runs(kitchen: Kitchen) -> None:
    for events in (["message", "chatRead"], ["message"]):
        with kitchen.tail("--all", "--record=today.jsonl.gz", f"-n{len(events)}") as process:
            process.wait_for("subscribed to 1229/telegram")
            for event in events:
                kitchen.send(event)
            assert process.exit_code() == 0
    header, *rows = kitchen.finished("duckdb").splitlines()
    assert header == "event,n,last"
    assert [row.split(",")[:2] for row in rows] == [["message", "2"], ["chatRead", "1"]]
