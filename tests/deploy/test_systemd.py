"""The unit: accepted by systemd itself, and what it starts notifies as it says."""

import shlex
import signal
import socket
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

from tests.deploy.given import DEPLOY
from tests.support.cli_process import CLI, endpoint
from tests.support.emulated import Emulator
from tests.support.programs import require

UNIT = "chatapp-tail.service"
TEXT = (DEPLOY / UNIT).read_text(encoding="utf-8")


def service() -> dict[str, str]:
    """Return the section of the service."""
    parser = RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(TEXT)
    return dict(parser["Service"])


def test_systemd_accepts_it(tmp_path: Path) -> None:
    require("systemd-analyze")
    program = shlex.split(service()["ExecStart"])[0]
    unit = tmp_path / UNIT
    unit.write_text(TEXT.replace(program, sys.executable), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if UNIT in line]) == (0, [])


def test_permanent_errors_do_not_restart_the_unit() -> None:
    assert service()["Restart"] == "always"
    assert service()["RestartPreventExitStatus"] == "2 3 4"


def test_tail_tells_systemd_that_it_is_ready_and_alive(emulator: Emulator, tmp_path: Path) -> None:
    assert (service()["Type"], service()["WatchdogSec"]) == ("notify", "60")
    _, *arguments = shlex.split(service()["ExecStart"].replace("%%", "%"))
    found = endpoint(emulator.socket_url, emulator.api_url, emulator.token)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10.0)
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "60000000"}
        with CLI(tmp_path, *arguments, environment=found | told) as process:
            heard: set[str] = set()
            while not {"READY=1", "WATCHDOG=1"} <= heard:
                heard.add(systemd.recv(4096).decode())
            process.send(signal.SIGTERM)
            assert process.exit_code() == 143
    assert (tmp_path / "tail.state").exists()
    assert len(list(tmp_path.glob("events-????-??-??.jsonl.gz"))) == 1
