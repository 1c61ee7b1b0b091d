"""Filters, waiting, masks and forwarding, through the real process."""

import json
import threading
from pathlib import Path

import pytest

from tests.cli.running import CHANNEL, SUBSCRIBED, environment, tail
from tests.support.cli_process import CLI, Window
from tests.support.emulated import Emulator
from tests.support.loopback_http import Answer, LoopbackHTTP, Request
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


def texts(process: CLI) -> list[object]:
    """Return the texts of what was shown, each line checked against the schema."""
    records = [validate_line(line) for line in process.stdout.text.splitlines()]
    return [json.loads(json.dumps(record))["data"]["id"] for record in records]


def shown(home: Path, emulator: Emulator, *arguments: str) -> list[object]:
    """Return the texts that pass the filters, of six; the last is there to end the run."""
    with tail(home, emulator, *arguments, "--until", "data.id=end") as process:
        process.wait_for(SUBSCRIBED)
        publish(emulator, message("one"), message("two", side="out"))
        publish(emulator, message("invoice 7", chat="private-2"))
        publish(emulator, message("photo", file={"name": "a.jpg"}))
        publish(emulator, message("four"), event="messageDestroy")
        publish(emulator, message("end"))
        assert process.exit_code() == 0
        return texts(process)[:-1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["one", "two", "invoice 7", "photo", "four"]),
        (["-w", "data.side!=out", "-e", "message"], ["one", "invoice 7", "photo"]),
        (["--chat", "@anna_k", "-g", "two|photo"], ["two", "photo"]),
        (["--chat", "anna", "-G", "two|photo|invoice"], ["one", "four"]),
    ],
    ids=str,
)
def test_filters_compose(
    emulator: Emulator, tmp_path: Path, arguments: list[str], expected: list[str]
) -> None:
    assert shown(tmp_path, emulator, *arguments) == expected


def test_until_shows_the_item_that_it_waited_for_and_nothing_after(
    emulator: Emulator, tmp_path: Path
) -> None:
    arguments = ("-e", "message", "--until", "event=messageStatus", "--until", "data.type=viewed")
    with tail(tmp_path, emulator, *arguments, "-d", "60s") as process:
        process.wait_for(SUBSCRIBED)
        publish(emulator, {"id": 1, "type": "delivered"}, event="messageStatus")
        publish(
            emulator,
            {"id": 2, "type": "viewed"},
            {"id": 3, "type": "viewed"},
            event="messageStatus",
        )
        assert process.exit_code_at_once() == 0
        assert texts(process) == [2]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--until", "data.id=never", "--idle", "300ms"], 6),
        (["-n", "5", "--idle", "300ms"], 6),
        (["--idle", "300ms"], 0),
    ],
    ids=str,
)
def test_an_end_by_time_is_6_where_something_was_awaited(
    emulator: Emulator, tmp_path: Path, arguments: list[str], code: int
) -> None:
    with tail(tmp_path, emulator, *arguments) as process:
        assert process.exit_code() == code


def test_what_is_shown_puts_the_idle_end_off(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator, "--idle", "2s", "-e", "message") as process:
        process.wait_for(SUBSCRIBED)
        for number in range(6):
            threading.Event().wait(0.4)
            publish(emulator, message(str(number)))
        assert process.exit_code() == 0
        assert texts(process) == ["0", "1", "2", "3", "4", "5"]


def test_redaction_leaves_no_person_in_any_output_but_filters_know_them(
    emulator: Emulator, tmp_path: Path
) -> None:
    posted: list[Request] = []

    def answer(request: Request) -> Answer:
        posted.append(request)
        return Answer(200)

    with LoopbackHTTP(answer) as hook:
        arguments = ("--redact", "--chat", PHONE, "-n", "2", "--forward-to", hook.url)
        with tail(tmp_path, emulator, *arguments) as process:
            process.wait_for(SUBSCRIBED)
            publish(emulator, message("secret word"), message("another"))
            assert process.exit_code() == 0
            everything = process.stdout.text + process.stderr.text + posted[0].body.decode()
    for original in (PHONE, "Anna", "anna_k", "secret word"):
        assert original not in everything
    first, second = (validate_line(line) for line in process.stdout.text.splitlines())
    assert _chat(first) == _chat(second)


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


def test_masks_are_the_same_in_runs_with_the_same_key(emulator: Emulator, tmp_path: Path) -> None:
    chats = []
    for key in ("one", "one", "other"):
        with tail(tmp_path, emulator, "--redact", "--redact-key", key, "-n", "1") as process:
            process.wait_for(SUBSCRIBED)
            publish(emulator, message("x"))
            assert process.exit_code() == 0
            chats.append(_chat(validate_line(process.stdout.text)))
    assert chats[0] == chats[1] != chats[2]


def test_highlights_are_marked_on_a_terminal_only(emulator: Emulator, tmp_path: Path) -> None:
    for window, marked in ((Window(80, 24), True), (None, False)):
        arguments = ("--highlight", "invoice", "-n", "1")
        with tail(tmp_path, emulator, *arguments, window=window) as process:
            process.wait_for(SUBSCRIBED)
            publish(emulator, message("the invoice 7"))
            assert process.exit_code() == 0
            assert ("the \x1b[" in process.stdout.text) is marked
            assert "invoice" in process.stdout.text


def test_what_is_shown_is_forwarded_as_a_webhook_sends_it(
    emulator: Emulator, tmp_path: Path
) -> None:
    posted: list[Request] = []

    def answer(request: Request) -> Answer:
        posted.append(request)
        return Answer(503 if len(posted) == 1 else 200)

    with LoopbackHTTP(answer) as hook:
        arguments = ("--forward-to", f"{hook.url}/in", "--forward-header", "X-Key: s3cretvalue")
        with tail(tmp_path, emulator, *arguments, "-w", "data.side=in", "-n", "3") as process:
            process.wait_for(SUBSCRIBED)
            publish(emulator, message("one"), message("two", side="out"), message("three"))
            publish(emulator, message("four"))
            assert process.exit_code() == 0
            stderr = process.stderr.text
    bodies = [json.loads(request.body) for request in posted]
    sent = [[item["id"] for item in body["data"]] for body in bodies]
    assert sent == [["one", "three"], ["one", "three"], ["four"]]
    assert bodies[0]["meta"] == {
        "type": "message",
        "licenseId": 1229,
        "messengerType": "telegram",
    }
    assert posted[0].path == "/in"
    assert posted[0].headers["x-key"] == "s3cretvalue"
    assert "s3cretvalue" not in stderr
    assert "503" in stderr
    assert "forwarded #2 message" in stderr
    assert "2 forwarded" in stderr


def _chat(record: object) -> object:
    chat: object = json.loads(json.dumps(record))["data"]["chat"]["id"]
    return chat
