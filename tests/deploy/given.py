"""The files in ``deploy/``, and their command lines run against a local ChatApp."""

import os
import shlex
import signal
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from chatapp_tail.emulator.account import DEMO_APP_ID, DEMO_EMAIL, DEMO_PASSWORD
from tests.support.cli_process import CLI
from tests.support.emulated import Emulator

DEPLOY = Path(__file__).parents[2] / "deploy"


def environment(emulator: Emulator, **others: str) -> dict[str, str]:
    """Return what lets a command of a file find the program and the local ChatApp."""
    scripts = sysconfig.get_path("scripts")
    return {
        "CHATAPP_SOCKET_URL": emulator.socket_url,
        "CHATAPP_API_URL": emulator.api_url,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        **others,
    }


def log_in(home: Path, command: str, found: Mapping[str, str]) -> None:
    """Run a file's command that logs in; it reads the password from ``home / "password"``."""
    (home / "password").write_text(f"{DEMO_PASSWORD}\n", encoding="utf-8")
    login = {"EMAIL": DEMO_EMAIL, "APP_ID": DEMO_APP_ID}
    for _ in range(2):  # the second time there is a login
        with CLI(home, script=command, environment={**found, **login}) as process:
            assert process.exit_code() == 0


def run_tail(home: Path, command: str, found: Mapping[str, str]) -> str:
    """Run a file's tail until it is subscribed and SIGTERM comes; return its words.

    Checks that it leaves a state and a recording.
    """
    with CLI(home, script=command, environment=found) as process:
        process.wait_for("subscribed to")
        process.send(signal.SIGTERM)
        assert process.exit_code() == 143
        assert process.stdout.text == ""
        words = process.stderr.text
    assert (home / "tail.state").stat().st_size > 0
    assert len(list(home.glob("events-????-??-??.jsonl.gz"))) == 1
    return words


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    return shlex.quote(str(path))
