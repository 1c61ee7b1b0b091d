"""The Dockerfile, as far as it can be checked without Docker: by hadolint, and its parts."""

import subprocess
import sysconfig
import tomllib
from pathlib import Path

from tests.deploy.given import DEPLOY

TOP = DEPLOY.parent
LINES = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


def last_stage() -> dict[str, str]:
    """Return the instructions of the image itself, the last of each."""
    lines = [line for line in LINES if line and not line.startswith("#")]
    begin = max(index for index, line in enumerate(lines) if line.startswith("FROM"))
    return dict(line.split(maxsplit=1) for line in lines[begin:])


def test_hadolint_reports_nothing() -> None:
    hadolint = Path(sysconfig.get_path("scripts"), "hadolint")
    done = subprocess.run(
        [hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_program_runs_without_root_and_without_a_shell() -> None:
    stage = last_stage()
    assert stage["USER"] == "10001"
    assert stage["ENTRYPOINT"] == '["chatapp-tail"]'
    assert stage["WORKDIR"] == stage["VOLUME"] == "/data"


def test_builder_gets_every_file_of_the_wheel() -> None:
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    pyproject = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]
    named = [
        *wheel["packages"],
        *wheel["force-include"],
        *wheel["shared-data"],
        *pyproject["project"]["license-files"],
        pyproject["project"]["readme"],
        "pyproject.toml",
    ]
    assert {name.split("/")[0] for name in named} == sent
