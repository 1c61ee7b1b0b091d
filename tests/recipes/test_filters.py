"""Recipes with jq and grep."""

import json

import pytest

from tests.recipes.kitchen import Kitchen
from tests.support.programs import require
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def _programs() -> None:
    require("jq", "grep")


def test_texts_are_in_the_file_as_they_come(kitchen: Kitchen) -> None:
    log = kitchen.home / "texts.log"
    with kitchen.start("texts", count=3) as process:
        process.wait_for("subscribed to")
        kitchen.send_text("Можно торт к субботе? 🍰")
        wait_until(lambda: log.read_text() == "Можно торт к субботе? 🍰\n", "the first text")
        kitchen.send_text("Да", side="out")
        kitchen.send_text("Спасибо")
        assert process.exit_code() == 0
    assert log.read_text() == "Можно торт к субботе? 🍰\nСпасибо\n"


def test_failed_messages_are_shown_with_their_errors(kitchen: Kitchen) -> None:
    with kitchen.start("failed", count=1) as process:
        process.wait_for("subscribed to")
        kitchen.send("messageStatus", type="delivered")
        kitchen.send("messageStatus", type="failed", error={"code": 131026})
        assert process.lines(1) == ['{"id":42213,"error":{"code":131026}}']
        assert process.exit_code() == 0


def test_payload_is_the_object_of_the_vendors_page(kitchen: Kitchen) -> None:
    with kitchen.start("payload", count=1) as process:
        process.wait_for("subscribed to")
        kitchen.send("chatRead")
        assert process.exit_code() == 0
        assert list(json.loads(process.stdout.text)) == ["data", "meta"]


def test_grep_finds_rows_as_they_come(kitchen: Kitchen) -> None:
    found = kitchen.home / "invoices.tsv"
    with kitchen.start("grep", count=3) as process:
        process.wait_for("subscribed to")
        kitchen.send_text("Где счёт?")
        wait_until(lambda: "Где счёт?" in found.read_text(), "the first row")
        kitchen.send_text("И торт")
        kitchen.send_text("Invoice, please")
        assert process.exit_code() == 0
    rows = [row.split("\t") for row in found.read_text().splitlines()]
    assert [row[2] for row in rows] == ["message", "message"]
    assert "Invoice, please" in rows[1][5]
