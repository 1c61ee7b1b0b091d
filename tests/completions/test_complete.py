"""``chatapp-tail complete``, which the scripts ask, and ``completion``, which prints them."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

from chatapp_tail.cli.completion import SCRIPTS, Shell, complete
from tests.completions.conftest import PROFILES, WILD, furnish
from tests.support.cli_here import run_here
from tests.support.cli_process import clean_environment
from tools.generated import TOP


def answer(home: Path, *arguments: str, **environment: str) -> list[str]:
    """Return the lines of an answer."""
    stdout = BytesIO()
    complete(arguments, clean_environment(home) | environment, stdout)
    return stdout.getvalue().decode().splitlines()


def test_specs_come_with_their_descriptions_and_without_controls(home: Path) -> None:
    assert answer(home, "specs") == [
        "1229/telegram\tМой магазин: telegram $(touch pwned)",
        "1229/grWhatsApp",
        "user/685\t[31manna@example.com  tab",
        *(f"wild/{name}" for name in WILD),
    ]


@pytest.mark.parametrize(
    "words",
    ["-p work", "-pwork", "doctor --profile work --json", "--profile=work", "-p default -p work"],
)
def test_specs_are_those_of_the_profile_that_the_line_names(home: Path, words: str) -> None:
    assert answer(home, "specs", *words.split()) == ["77/avito"]


def test_specs_are_those_of_the_profile_that_the_variable_names(home: Path) -> None:
    assert answer(home, "specs", CHATAPP_TAIL_PROFILE="work") == ["77/avito"]
    assert "user/685" not in answer(home, "specs", "-p", "other", CHATAPP_TAIL_PROFILE="work")


def test_profiles_are_those_of_the_file_that_the_line_or_the_variable_names(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home))
    other = home / "other.toml"
    other.write_text("[profile.elsewhere]\n", encoding="utf-8")
    assert answer(home, "profiles") == list(PROFILES[:-1])
    assert answer(home, "profiles", "--config", "~/other.toml", "-p") == ["elsewhere"]
    assert answer(home, "profiles", f"--config={other}") == ["elsewhere"]
    assert answer(home, "profiles", CHATAPP_TAIL_CONFIG=str(other)) == ["elsewhere"]


@pytest.mark.parametrize(
    "content", [b"", b"[", b"null", b'{"channels": {"spec": 1}}', b"\xff\x00", b"a" * 2_000_000]
)
def test_broken_file_is_like_a_missing_one(tmp_path: Path, content: bytes) -> None:
    furnish(tmp_path)
    (tmp_path / ".cache/chatapp-tail/default.json").write_bytes(content)
    (tmp_path / ".config/chatapp-tail/config.toml").write_bytes(content)
    assert answer(tmp_path, "specs") == []
    assert answer(tmp_path, "profiles") == []


@pytest.mark.parametrize(
    "arguments", [[], ["specs"], ["profiles"], ["profiles", "--config"], ["?"]]
)
def test_without_files_nothing_is_offered(tmp_path: Path, arguments: list[str]) -> None:
    assert answer(tmp_path, *arguments) == []


_LOADED = """\
import sys
before = set(sys.modules)  # measuring coverage loads some
from chatapp_tail.__main__ import main
sys.argv[1:] = ["complete", sys.argv[1]]
try:
    main()
finally:
    sys.stderr.write(" ".join(set(sys.modules) - before))
"""


@pytest.mark.parametrize("kind", ["specs", "profiles"])
def test_answer_loads_nothing_heavy(home: Path, kind: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _LOADED, kind],
        env=clean_environment(home),
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    )
    heavy = {"aiohttp", "platformdirs", "requests", "rich", "typer", "websocket"}
    assert set(run.stderr.split()) & heavy == set()
    assert run.stdout


@pytest.mark.parametrize("shell", Shell)
def test_completion_prints_the_shipped_script(tmp_path: Path, shell: Shell) -> None:
    script = (TOP / "completions" / SCRIPTS[shell]).read_text(encoding="utf-8")
    assert run_here(tmp_path, "completion", shell) == (0, script, "")
