"""--backfill and --since through the real process: every message exactly once."""

import threading
from collections import Counter
from pathlib import Path

from chatapp_tail.chatapp.values import dig
from tests.cli.running import SUBSCRIBED, Stream, publish, tail, watching
from tests.support.cli_process import CLI
from tests.support.emulated import FORBIDDEN, Emulator
from tests.support.schema import validate_line

CHATS = "/v1/licenses/1229/messengers/telegram/chats"


def shown(process: CLI) -> list[tuple[object, bool]]:
    """Return id and backfill mark of each line."""
    records = [validate_line(line) for line in process.stdout.text.splitlines()]
    return [(dig(record, "data", "id"), "backfill" in record) for record in records]


def test_break_in_mid_stream_leaves_every_message_exactly_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator, "--backfill", "--until", "data.id=end") as process:
        stream = Stream(emulator)
        stream.start()
        process.lines(30)
        emulator.refuse_websockets()
        emulator.drop_all()
        process.wait_for("answered HTTP 503")
        before = stream.sent
        process.wait_for("next try in")
        while stream.sent < before + 30:
            threading.Event().wait(0.05)
        emulator.refuse_websockets(refused=False)
        process.wait_for(SUBSCRIBED)
        process.wait_for("backfilled ", within=30)
        stream.stop()
        publish(emulator, "end")
        assert process.exit_code() == 0
        lines = shown(process)[:-1]
    counts = Counter(identity for identity, _ in lines)
    assert counts == Counter(range(stream.sent))
    filled = [identity for identity, is_filled in lines if is_filled]
    assert len(filled) >= 30
    for chat in range(3):  # times are whole seconds: between chats, that is all the order there is
        numbers = [one for one in filled if isinstance(one, int) and one % 3 == chat]
        assert numbers == sorted(numbers)


def test_since_shows_messages_from_before_the_start(emulator: Emulator, tmp_path: Path) -> None:
    for identity in (1, 2, 3):
        publish(emulator, identity)
    with tail(tmp_path, emulator, "--since", "1m", "-n", "4") as process:
        process.wait_for("backfilled 3 messages of 1229/telegram")
        publish(emulator, 4)
        assert process.exit_code() == 0
        assert shown(process) == [(1, True), (2, True), (3, True), (4, False)]


def test_without_the_option_the_api_is_asked_for_no_messages(
    emulator: Emulator, tmp_path: Path
) -> None:
    with watching(tmp_path, emulator, "-n", "1") as process:
        emulator.drop_all()
        process.wait_for(SUBSCRIBED)
        publish(emulator, 1)
        assert process.exit_code() == 0
    assert CHATS not in emulator.requests


def test_refusal_of_the_api_is_reported_and_the_tail_goes_on(
    emulator: Emulator, tmp_path: Path
) -> None:
    publish(emulator, 1)
    emulator.fail(CHATS, FORBIDDEN, times=9)
    with tail(tmp_path, emulator, "--since", "1m", "-n", "1") as process:
        process.wait_for("warning: 1229/telegram can't be backfilled: HTTP 403")
        publish(emulator, 2)
        assert process.exit_code() == 0
        assert shown(process) == [(2, False)]


def test_channel_that_cannot_be_backfilled_is_reported(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator, "company/2224", "--since", "1m") as process:
        process.wait_for("company/2224 can't be backfilled: the API keeps licences' messages only")
