"""The wheel in an empty environment: ``pip install``, and no extra."""

import json
from pathlib import Path

import pytest

from chatapp_tail import __version__
from tests.package.given import program, python, run

_SCHEMA = """\
from importlib.resources import files
print(files("chatapp_tail").joinpath("schema", "record.v1.schema.json").read_text("utf-8"))
"""


def test_installed_package_is_not_the_source(tmp_path: Path) -> None:
    done = run(tmp_path, python(), "-c", "import chatapp_tail; print(chatapp_tail.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(program().parents[1])


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_local_chatapp_says_the_one_command_that_adds_it(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, program(), command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].strip() == "python -m pip install 'chatapp-tail[demo]'"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--version",), 0, f"chatapp-tail {__version__}\n"),
        (("--help",), 0, "Usage: chatapp-tail"),
        (("demo", "--help"), 0, "Usage: chatapp-tail demo"),
        (("serve", "--help"), 0, "Usage: chatapp-tail serve"),
        (("events", "--json"), 0, '"name":"message"'),
        (("--no-such-option",), 2, ""),
        ((), 2, ""),
    ],
    ids=["version", "help", "help of demo", "help of serve", "events", "mistake", "nothing"],
)
def test_command_and_module_are_the_same_program_and_need_no_extra(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    command = run(tmp_path, program(), *arguments)
    module = run(tmp_path, python(), "-m", "chatapp_tail", *arguments)
    assert command.returncode == module.returncode == code
    assert (command.stdout, command.stderr) == (module.stdout, module.stderr)
    assert words in command.stdout


def test_schema_is_found_in_the_package(tmp_path: Path) -> None:
    schema = json.loads(run(tmp_path, python(), "-c", _SCHEMA).stdout)
    assert schema["$id"] == "urn:chatapp-tail:record:v1"


def test_lnav_format_is_found_below_the_prefix(tmp_path: Path) -> None:
    prefix = run(tmp_path, python(), "-c", "import sys; print(sys.prefix)").stdout.strip()
    assert Path(prefix, "share", "lnav", "formats", "chatapp_tail.json").is_file()
