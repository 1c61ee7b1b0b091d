"""On a terminal: widths, colours, Ctrl-C. A pseudo-terminal of the test stands for the window."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest

from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EVENTS, samples
from tests.cli.running import environment
from tests.support.cli_process import CLI, Window
from tests.support.emulated import Emulator
from tests.support.waiting import wait_until

TELEGRAM = "private-v1.licenses.1229.messengers.telegram"
CHANNEL_OF = {
    Scope.LICENSE: TELEGRAM,
    Scope.COMPANY: "private-v1.companies.2224",
    Scope.USER: "private-v1.users.685",
}
SPECS = ("1229/telegram", "company/2224", "user/685")
# Each sample is an event of one item, but for one of two.
ITEMS = sum(len(samples(name)) for name in EVENTS) + 1
LONG_TEXT = "Длинное сообщение с 漢字 и 👍🎂 – " * 20
# Everything that a terminal acts on: CSI and OSC sequences, and single control characters.
SGR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def tail(
    home: Path,
    emulator: Emulator,
    window: Window,
    *arguments: str,
    stderr_on_terminal: bool = False,
    variables: Mapping[str, str] | None = None,
) -> CLI:
    """Return a tail on a terminal."""
    return CLI(
        home,
        *arguments,
        environment=environment(emulator, **dict(variables or {})),
        window=window,
        stderr_on_terminal=stderr_on_terminal,
    )


def publish_everything(emulator: Emulator) -> None:
    """Send each documented sample, and a long text of narrow and wide characters."""
    for name, event in EVENTS.items():
        for sample in samples(name):
            assert emulator.publish(CHANNEL_OF[event.scope], name, sample) == 1
    publish_text(emulator, LONG_TEXT)


def publish_text(emulator: Emulator, text: str, *, who: str | None = None) -> None:
    """Send one message, from a chat with the same text as its name unless ``who`` is given."""
    item = {"side": "in", "message": {"text": text}, "chat": {"name": who or text}}
    assert emulator.publish(TELEGRAM, "message", {"data": [item]}) == 1


def width(line: str) -> int:
    """Return the columns that a line takes, by Unicode's tables alone."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in line
    )


@pytest.mark.parametrize(
    ("window", "columns"),
    [
        (Window(200, 50), ["TIME", "CHANNEL", "EVENT", "MSG", "WHO", "WORDS"]),
        (Window(80, 24), ["TIME", "CHANNEL", "MSG", "WHO", "WORDS"]),
        (Window(60, 24), ["TIME", "MSG", "WHO", "WORDS"]),
        (Window(45, 24), ["TIME", "MSG", "WORDS"]),
    ],
    ids=lambda value: f"{value[0]}x{value[1]}" if isinstance(value, Window) else "",
)
def test_rows_fit_the_window_under_one_header(
    emulator: Emulator, tmp_path: Path, window: Window, columns: list[str]
) -> None:
    with tail(tmp_path, emulator, window, *SPECS, "--count", str(ITEMS + 1)) as process:
        process.wait_for("subscribed to user/685")
        publish_everything(emulator)
        assert process.exit_code() == 0
        header, day, *rows = SGR.sub("", process.stdout.text).splitlines()
        assert header.split() == columns
        assert re.fullmatch(r"── \w{3} \d+ \w{3} \d{4} ─+", day)
        assert width(day) == window.columns
        assert len(rows) == ITEMS + 1
        assert [row for row in rows if row.split() == columns] == []
        assert [row for row in rows if width(row) > window.columns] == []
        assert rows[-1].endswith("…")
        details = {row[header.index("WORDS") :] for row in rows}
        assert {"read", "pinned", "online", "status close", "destroy #1197"} <= details
        if "EVENT" in columns:
            names = [row[header.index("EVENT") :].split()[0] for row in rows]
            assert set(names) == set(EVENTS)


def test_channel_column_is_left_out_for_one_channel(emulator: Emulator, tmp_path: Path) -> None:
    options = ["--license", "1229", "--messenger", "telegram", "--count", "1"]
    with tail(tmp_path, emulator, Window(80, 24), *options) as process:
        process.wait_for("subscribed to 1229/telegram")
        emulator.publish(TELEGRAM, "chatRead", samples("chatRead")[0])
        assert process.exit_code() == 0
        header, _, row = SGR.sub("", process.stdout.text).splitlines()
        assert header.split() == ["TIME", "MSG", "WHO", "WORDS"]
        assert re.fullmatch(r"\d\d:\d\d:\d\d +\+7000000000 +read", row)


def test_header_comes_with_the_first_row_below_what_is_said_before(
    emulator: Emulator, tmp_path: Path
) -> None:
    with tail(tmp_path, emulator, Window(80, 24), SPECS[0]) as process:
        process.wait_for("subscribed to 1229/telegram")
        assert process.stdout.text == ""
        publish_text(emulator, LONG_TEXT, who="Иван")
        header, _, row = process.lines(3)
        assert "TIME" in header
        assert "Иван" in row


def test_last_row_comes_before_what_is_said_of_the_run(emulator: Emulator, tmp_path: Path) -> None:
    options = (SPECS[0], "--count", "2")
    with tail(tmp_path, emulator, Window(80, 24), *options, stderr_on_terminal=True) as process:
        while "subscribed to" not in process.lines(1)[0]:
            pass
        publish_text(emulator, "the first")
        publish_text(emulator, "the last")
        assert process.exit_code() == 0
        shown = process.stdout.text
    assert 0 < shown.index("the last") < shown.index("2 shown of 2 received")


def test_full_wraps_the_last_column_and_loses_nothing(emulator: Emulator, tmp_path: Path) -> None:
    window = Window(80, 24)
    with tail(tmp_path, emulator, window, SPECS[0], "--full", "--count", "1") as process:
        process.wait_for("subscribed to 1229/telegram")
        publish_text(emulator, LONG_TEXT, who="Иван")
        assert process.exit_code() == 0
        header, _, *rows = SGR.sub("", process.stdout.text).splitlines()
        assert all(width(row) <= window.columns for row in rows)
        details = [row[header.index("WORDS") :] for row in rows]
        assert " ".join(details).split() == ["←", *LONG_TEXT.split()]


def test_window_that_is_resized_is_followed(emulator: Emulator, tmp_path: Path) -> None:
    with tail(tmp_path, emulator, Window(80, 24), SPECS[0], "--count", "2") as process:
        process.wait_for("subscribed to 1229/telegram")
        publish_text(emulator, LONG_TEXT)
        header, _, before = process.lines(3)
        process.resize(Window(50, 24))
        publish_text(emulator, LONG_TEXT)
        assert process.exit_code() == 0
        (after,) = process.lines(1)
        widths = [width(SGR.sub("", line)) for line in (header, before, after)]
        assert widths[1] in (79, 80)
        assert widths[2] in (49, 50)


@pytest.mark.parametrize(
    ("options", "variables", "wanted"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--format", "pretty"], {}, True),
        (["--json"], {"FORCE_COLOR": "1"}, False),
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
    options = [SPECS[0], "--count", "1", *options]
    with tail(tmp_path, emulator, Window(80, 24), *options, variables=variables) as process:
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
    with tail(tmp_path, emulator, Window(80, 24), SPECS[0], stderr_on_terminal=True) as process:
        wait_until(lambda: emulator.connections == 1, "the connection")
        modes = process.terminal_modes()
        while "subscribed to" not in process.lines(1)[0]:
            pass
        emulator.publish(TELEGRAM, "messageStatus", samples("messageStatus")[0])
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
    options = [SPECS[0], "--token", emulator.token]
    window = Window(120, 24)
    with tail(tmp_path, emulator, window, *options, stderr_on_terminal=True) as process:
        while "subscribed to" not in process.lines(1)[0]:
            pass
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
    window = Window(40, 24)
    arguments = ("1229/telegram", "--grep", "(")
    with CLI(tmp_path, *arguments, window=window, stderr_on_terminal=True) as process:
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
