import re
import shutil
import subprocess

import pytest

import chatapp_tail
from chatapp_tail.cli.commands import COMMANDS
from chatapp_tail.errors import ExitCode
from tools.generated import TOP
from tools.manual import MANUAL, manual

PAGE = manual()[MANUAL]
# Requests of roff and of its man macros; a line with any other point at its beginning is lost.
REQUESTS = {
    *(".TH", ".SH", ".SS", ".PP", ".TP", ".RS", ".RE", ".BR"),
    *(".nf", ".fi", ".br", ".nh", ".ad", '.\\"'),
}


def plain(page: str) -> str:
    """Return the text of a page without fonts and escapes."""
    text = re.sub(r"\\f[BIR]|\\&", "", page)
    for escape, sign in ((r"\(aq", "'"), (r"\(dq", '"'), (r"\(ti", "~"), (r"\-", "-")):
        text = text.replace(escape, sign)
    return text.replace(r"\e", "\\")


def test_page_has_its_sections_in_the_usual_order() -> None:
    assert re.findall(r"^\.SH (.*)", PAGE, re.MULTILINE) == [
        *("NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "OPTIONS", "COMMANDS"),
        *("EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"),
    ]


def test_title_has_the_version_and_no_date() -> None:
    version = chatapp_tail.__version__
    title = f'.TH CHATAPP\\-TAIL 1 "" "chatapp-tail {version}" "User Commands"'
    assert PAGE.splitlines()[1] == title
    assert PAGE.isascii()


def test_lines_begin_with_known_requests_only() -> None:
    used = {line.split()[0] for line in PAGE.splitlines() if line.startswith((".", "'"))}
    assert used <= REQUESTS


def test_every_option_variable_and_exit_code_is_there() -> None:
    text = plain(PAGE)
    for command in COMMANDS.values():
        for option in command.options.values():
            assert option.long in text
            for variable in option.variables:
                assert f".TP\n{variable}\n" in text
    for code in ExitCode:
        assert f".TP\n{int(code)}\n{code.meaning.split()[0]}" in text


def test_examples_can_be_copied() -> None:
    text = plain(PAGE).replace(" \\\n", " ")
    for command in COMMANDS.values():
        for _, line in command.examples:
            assert f".nf\nchatapp-tail {line}\n.fi" in text


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc not found: run make programs")
def test_mandoc_warns_of_the_missing_date_only() -> None:
    lint = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", TOP / MANUAL], check=False, capture_output=True, text=True
    )
    said = [line.partition("WARNING: ")[2] or line for line in lint.stdout.splitlines()]
    assert said == ['missing date, using "": TH']


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc not found: run make programs")
def test_page_does_not_break_commands_and_options() -> None:
    shown = subprocess.run(
        ["mandoc", "-Tascii", "-Owidth=80", TOP / MANUAL], check=True, capture_output=True
    ).stdout.decode()
    lines = re.sub(".\b", "", shown).splitlines()
    assert "           chatapp-tail --all -e message -w data.side=in" in lines
    assert "       -w, --where TEST" in lines
    assert "              private-... name." in [re.sub("  +name", " name", one) for one in lines]
