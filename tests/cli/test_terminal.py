"""On a terminal: widths, colours, Ctrl-C. A pseudo-terminal of the test stands for the window."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest

from chatapp_tail.chatapp.events import samples
from tests.cli.running import CHANNEL, SPEC, environment
from tests.support.cli_process import CLI, Window
from tests.support.emulated import Emulator
from tests.support.waiting import wait_until

LONG_TEXT = "Длинное сообщение с 漢字 и 👍🎂 – " * 20
# Everything that a terminal acts on: CSI and OSC sequences, and single control characters.
SGR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def tail(
    home: Path,
    emulator: Emulator,
    *arguments: str,
    columns: int = 80,
    stderr_on_terminal: bool = False,
    variables: Mapping[str, str] | None = None,
) -> CLI:
    """Return a tail on a terminal."""
    return CLI(
        home,
        *arguments,
        environment=environment(emulator, **dict(variables or {})),
        window=Window(columns, 24),
        stderr_on_terminal=stderr_on_terminal,
    )


def wait_until_subscribed(process: CLI) -> None:
    """Read a terminal that has stderr, too, until the tail is subscribed."""
    while "subscribed to" not in process.lines(1)[0]:
        pass


def publish_text(emulator: Emulator, text: str, *, who: str | None = None) -> None:
    """Send one message, from a chat with the same text as its name unless ``who`` is given."""
    item = {"side": "in", "message": {"text": text}, "chat": {"name": who or text}}
    assert emulator.publish(CHANNEL, "message", {"data": [item]}) == 1


def width(line: str) -> int:
    """Return the columns that a line takes, by Unicode's tables alone."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in line
    )


def test_channel_column_is_left_out_for_one_channel(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator, SPEC, "--count", "1") as process:
        process.wait_for("subscribed to 1229/telegram")
        emulator.publish(CHANNEL, "chatRead", samples("chatRead")[0])
        assert process.exit_code() == 0
        header, _, row = SGR.sub("", process.stdout.text).splitlines()
    assert header.split() == ["TIME", "MSG", "WHO", "WORDS"]
    assert re.fullmatch(r"\d\d:\d\d:\d\d +\+7000000000 +read", row)


def test_header_comes_with_the_first_row(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator, SPEC) as process:
        process.wait_for("subscribed to 1229/telegram")
        assert process.stdout.text == ""
        publish_text(emulator, LONG_TEXT, who="Иван")
        header, _, row = process.lines(3)
        assert "TIME" in header
        assert "Иван" in row


def test_last_row_comes_before_the_report_of_the_run(emulator: Emulator, tmp_path: Path) -> None:
    options = (SPEC, "--count", "2")
    with tail(tmp_path, emulator, *options, stderr_on_terminal=True) as process:
        wait_until_subscribed(process)
        publish_text(emulator, "the first")
        publish_text(emulator, "the last")
        assert process.exit_code() == 0
        shown = process.stdout.text
    assert 0 < shown.index("the last") < shown.index("2 shown of 2 received")


def test_rows_follow_a_window_that_is_resized(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator, SPEC, "--count", "2") as process:
        process.wait_for("subscribed to 1229/telegram")
        publish_text(emulator, LONG_TEXT)
        _, _, before = process.lines(3)
        process.resize(Window(50, 24))
        publish_text(emulator, LONG_TEXT)
        assert process.exit_code() == 0
        (after,) = process.lines(1)
    assert width(SGR.sub("", before)) in (79, 80)
    assert width(SGR.sub("", after)) in (49, 50)


@pytest.mark.parametrize(
    ("options", "variables", "wanted"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
    ids=str,
)
def test_colour_follows_flag_then_environment(
    emulator: Emulator,
    tmp_path: Path,
    options: list[str],
    variables: dict[str, str],
    *,
    wanted: bool,
) -> None:
    options = [SPEC, "--count", "1", *options]
    with tail(tmp_path, emulator, *options, variables=variables) as process:
        process.wait_for("subscribed to 1229/telegram")
        publish_text(emulator, "red \x1b[31m text")
        assert process.exit_code() == 0
        shown = process.stdout.text
    assert (SGR.search(shown) is not None) is wanted
    assert CONTROL.search(SGR.sub("", shown)) is None
    assert "\x1b[31m" not in shown


def test_ctrl_c_ends_the_run_and_leaves_the_terminal_in_order(
    emulator: Emulator, tmp_path: Path
) -> None:
    with tail(tmp_path, emulator, SPEC, stderr_on_terminal=True) as process:
        wait_until(lambda: emulator.connections == 1, "the connection")
        modes = process.terminal_modes()
        wait_until_subscribed(process)
        emulator.publish(CHANNEL, "messageStatus", samples("messageStatus")[0])
        while "delivered" not in process.lines(1)[0]:
            pass
        process.type(b"\x03")
        assert process.exit_code_at_once() == 130
        assert process.terminal_modes() == modes
        wait_until(lambda: emulator.connections == 0, "the server to see it leave")
        shown = process.stdout.text
        assert "1 shown of 1 received" in shown
        # Only colours were ever sent, and the last of them is the reset: no other screen, no
        # hidden cursor. The line at the bottom is erased before each row.
        rest = SGR.sub("", shown).replace("^C", "").replace("\r\x1b[J", "")
        assert CONTROL.search(rest) is None
        assert SGR.findall(shown)[-1] == "\x1b[0m"


def test_token_on_the_command_line_is_warned_of(emulator: Emulator, tmp_path: Path) -> None:
    options = (SPEC, "--token", emulator.token)
    with tail(tmp_path, emulator, *options, columns=120, stderr_on_terminal=True) as process:
        wait_until_subscribed(process)
        process.type(b"\x03")
        assert process.exit_code() == 130
    assert "other users can see the --token in the list of processes" in process.stdout.text
    assert emulator.token not in process.stdout.text


def test_events_fit_a_narrow_window(tmp_path: Path) -> None:
    for arguments in (["events"], ["events", "quickResponse"]):
        with CLI(tmp_path, *arguments, window=Window(60, 24)) as process:
            assert process.exit_code() == 0
            table = SGR.sub("", process.stdout.text).partition("Sample")[0]
            assert [line for line in table.splitlines() if width(line) > 60] == []


def test_sentences_are_broken_between_words_at_the_edge_of_the_terminal(tmp_path: Path) -> None:
    words, window = ("1229/telegram", "--grep", "("), Window(40, 24)
    with CLI(tmp_path, *words, window=window, stderr_on_terminal=True) as process:
        assert process.exit_code() == 2
        assert process.stdout.text.replace("\r\n", "\n") == (
            "chatapp-tail: error: --grep: bad regular\n"
            "    expression: missing ), unterminated\n"
            "    subpattern\n"
            "  (\n"
            "  ^\n"
            "  For example: invoice|receipt. With a\n"
            "    backslash a character means itself:\n"
            "    \\( \\[ \\* \\+ \\? \\.\n"
        )
