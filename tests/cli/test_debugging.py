"""Filters, waiting and masks, through the real process."""

import threading
from pathlib import Path

import pytest

from chatapp_tail.chatapp.values import dig
from tests.cli.running import CHANNEL, environment, tail, watching
from tests.forwarding.given import Webhook
from tests.support.cli_process import CLI, Window
from tests.support.emulated import Emulator
from tests.support.schema import validate_line

PHONE = "79990000000"


def message(text: str, *, chat: str = "private-1", side: str = "in", **more: object) -> object:
    return {
        "id": text,
        "side": side,
        "type": "text",
        "message": {"text": text},
        "chat": {"id": chat, "name": "Anna", "phone": PHONE, "username": "anna_k"},
        **more,
    }


def publish(emulator: Emulator, *items: object, event: str = "message") -> None:
    meta = {"type": event, "licenseId": 1229, "messengerType": "telegram"}
    emulator.publish(CHANNEL, event, {"data": list(items), "meta": meta})


def ids(process: CLI) -> list[object]:
    """Return the ids of what was shown, each line checked against the schema."""
    return [dig(validate_line(line), "data", "id") for line in process.stdout.text.splitlines()]


def test_filters_compose(emulator: Emulator, tmp_path: Path) -> None:
    filters = ("--chat", "@anna_k", "-w", "data.side!=out", "-e", "message", "-G", "invoice")
    with watching(tmp_path, emulator, *filters, "--until", "data.id=end") as process:
        publish(emulator, message("one"), message("two", side="out"), message("invoice"))
        publish(emulator, message("four"), event="messageDestroy")
        publish(emulator, message("end"))
        assert process.exit_code() == 0
        assert ids(process) == ["one", "end"]


def test_until_shows_the_item_that_it_waited_for_and_nothing_after(
    emulator: Emulator, tmp_path: Path
) -> None:
    arguments = ("-e", "message", "--until", "event=messageStatus", "--until", "data.type=viewed")
    with watching(tmp_path, emulator, *arguments, "-d", "60s") as process:
        publish(emulator, {"id": 1, "type": "delivered"}, event="messageStatus")
        viewed = [{"id": identity, "type": "viewed"} for identity in (2, 3)]
        publish(emulator, *viewed, event="messageStatus")
        assert process.exit_code_at_once() == 0
        assert ids(process) == [2]


@pytest.mark.parametrize(
    ("words", "code"),
    [("--until data.id=never --idle 300ms", 6), ("-n 5 --idle 300ms", 6), ("--idle 300ms", 0)],
)
def test_end_by_time_before_the_goal_exits_with_6(
    emulator: Emulator, tmp_path: Path, words: str, code: int
) -> None:
    with tail(tmp_path, emulator, *words.split()) as process:
        assert process.exit_code() == code


def test_shown_items_put_the_idle_end_off(emulator: Emulator, tmp_path: Path) -> None:
    with watching(tmp_path, emulator, "--idle", "2s", "-e", "message") as process:
        for number in range(6):
            threading.Event().wait(0.4)
            publish(emulator, message(str(number)))
        assert process.exit_code() == 0
        assert ids(process) == ["0", "1", "2", "3", "4", "5"]


def test_redaction_leaves_no_person_in_any_output_but_filters_know_them(
    emulator: Emulator, tmp_path: Path
) -> None:
    with Webhook() as webhook:
        arguments = ("--redact", "--chat", PHONE, "-n", "2", "--forward-to", webhook.url)
        with watching(tmp_path, emulator, *arguments) as process:
            publish(emulator, message("secret word"), message("another"))
            assert process.exit_code() == 0
            posted = webhook.requests[0].body.decode()
            everything = process.stdout.text + process.stderr.text + posted
    for original in (PHONE, "Anna", "anna_k", "secret word"):
        assert original not in everything
    records = [validate_line(line) for line in process.stdout.text.splitlines()]
    assert len({dig(record, "data", "chat", "id") for record in records}) == 1


def test_frames_and_names_are_masked_too(emulator: Emulator, tmp_path: Path) -> None:
    with CLI(
        tmp_path,
        *("company/2224", "--redact", "--names", "-vv", "-n", "1", "-f", "plain"),
        environment=environment(emulator),
    ) as process:
        process.wait_for("subscribed to company/2224")
        item = {"employee": {"id": 685}, "type": "online", "note": "secret word"}
        emulator.publish("private-v1.companies.2224", "employeeStatus", {"data": [item]})
        assert process.exit_code() == 0
        assert "name-" in process.stdout.text
        for text in (process.stdout.text, process.stderr.text):
            assert "Айгерим" not in text
            assert "secret word" not in text
        assert "not shown with --redact" in process.stderr.text
        assert "pusher:connection_established" in process.stderr.text


def test_highlights_are_marked_on_a_terminal_only(emulator: Emulator, tmp_path: Path) -> None:
    for window, marked in ((Window(80, 24), True), (None, False)):
        arguments = ("--highlight", "invoice", "-n", "1")
        with watching(tmp_path, emulator, *arguments, window=window) as process:
            publish(emulator, message("the invoice 7"))
            assert process.exit_code() == 0
            assert ("the \x1b[" in process.stdout.text) is marked
            assert "invoice" in process.stdout.text
