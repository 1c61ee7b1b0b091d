"""Run by test_black_hole inside a namespace: writes ``reached`` when a tail got an event."""

import subprocess
import sys

from tests.support import namespace
from tests.support.cli_process import PROGRAM
from tests.support.emulated import EmulatorSettings, running_emulator

# Seconds. Who waits for the IPv6 address alone needs all of --connect-timeout first.
_DEADLINE = 20


def main() -> int:
    """Tail one event of a local ChatApp, by a name; return the tail's exit code."""
    namespace.prepare()
    namespace.open_black_hole()
    with running_emulator(EmulatorSettings(pace=0.01)) as emulator:
        port = emulator.api_url.rpartition(":")[2]
        command = [
            *(*PROGRAM, "1229/telegram", "--json", "--count=1", "--retries=0"),
            *("--socket-url", f"ws://{namespace.HOST}:{port}", "--token", emulator.token),
            *("--api-url", f"http://{namespace.HOST}:{port}", "--connect-timeout=60"),
        ]
        done = subprocess.run(command, capture_output=True, timeout=_DEADLINE, check=False)
    sys.stderr.buffer.write(done.stderr)
    if done.stdout.count(b"\n") == 1:
        sys.stdout.write("reached\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
