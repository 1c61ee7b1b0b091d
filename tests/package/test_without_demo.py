"""The wheel in an empty environment: ``pip install``, and no extra."""

import json
from pathlib import Path

import pytest

from chatapp_tail import __version__
from chatapp_tail.chatapp.events import EVENTS
from tests.package.given import program, python, run

_SCHEMA = """\
from importlib.resources import files
print(files("chatapp_tail").joinpath("schema", "record.v1.schema.json").read_text("utf-8"))
"""


def test_installed_package_is_not_the_source(tmp_path: Path) -> None:
    done = run(tmp_path, python(), "-c", "import chatapp_tail; print(chatapp_tail.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(program().parents[1])


def test_version_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, program(), "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"chatapp-tail {__version__}\n", "")


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_help_needs_no_extra(tmp_path: Path, command: str) -> None:
    assert "Usage: chatapp-tail" in run(tmp_path, program(), "--help").stdout
    assert f"Usage: chatapp-tail {command}" in run(tmp_path, program(), command, "--help").stdout


def test_events_need_no_extra(tmp_path: Path) -> None:
    done = run(tmp_path, program(), "events", "--json")
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == list(EVENTS)


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_local_chatapp_says_the_one_command_that_adds_it(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, program(), command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].strip() == "python -m pip install 'chatapp-tail[demo]'"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("--help",), ("events", "message"), ("demo",), ("--no-such-option",), ()],
    ids=" ".join,
)
def test_module_and_command_are_the_same_program(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    command = run(tmp_path, program(), *arguments)
    module = run(tmp_path, python(), "-m", "chatapp_tail", *arguments)
    assert (module.returncode, module.stdout, module.stderr) == (
        command.returncode,
        command.stdout,
        command.stderr,
    )


def test_schema_is_found_in_the_package(tmp_path: Path) -> None:
    schema = json.loads(run(tmp_path, python(), "-c", _SCHEMA).stdout)
    assert schema["$id"] == "urn:chatapp-tail:record:v1"


def test_lnav_format_is_found_below_the_prefix(tmp_path: Path) -> None:
    prefix = run(tmp_path, python(), "-c", "import sys; print(sys.prefix)").stdout.strip()
    assert Path(prefix, "share", "lnav", "formats", "chatapp_tail.json").is_file()
