"""What all measurements share: how much to measure, the programs, the blaster, one way to run."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks import figures
from benchmarks.blasting import Blasting
from benchmarks.clients import environment
from benchmarks.figures import FLOOR, PUSHER_JS, PYSHER, TAIL, Row
from chatapp_tail.clock import SystemClock
from tests.support.loopback_http import AUTH_PATH
from tests.support.programs import missing_reason

SPEC = "1229/telegram"
PEERS = Path(__file__).parent / "peers"
# Columns of the table when it goes to a file.
_FILE_WIDTH = 170


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. ``many`` events, and ``record`` bytes to replay, show whether memory
    grows; times in seconds.
    """

    runs: int
    events: int
    many: int
    record: int
    rows: int
    starts: int
    latency_time: float
    idle_time: float
    browse_time: float
    channels: int


FULL = Scale(
    runs=5,
    events=100_000,
    many=1_000_000,
    record=1_000_000_000,
    rows=30_000,
    starts=15,
    latency_time=5.0,
    idle_time=10.0,
    browse_time=60.0,
    channels=500,
)
QUICK = Scale(
    runs=1,
    events=5_000,
    many=20_000,
    record=20_000_000,
    rows=2_000,
    starts=3,
    latency_time=1.0,
    idle_time=3.0,
    browse_time=10.0,
    channels=40,
)


@dataclass(frozen=True, slots=True)
class Bench:
    """A place to measure in: a home folder for the programs, and the server they all read."""

    scale: Scale
    home: Path
    blaster: Blasting

    @property
    def environment(self) -> Mapping[str, str]:
        """The programs' environment."""
        return {**environment(self.home), "TERM": "xterm-256color"}

    @property
    def words(self) -> Path:
        """The file for a program's stderr."""
        return self.home / "stderr"

    def tail(self, *options: str, specs: Sequence[str] = (SPEC,)) -> list[str]:
        """Return the command of chatapp-tail at the blaster."""
        socket_url = f"ws://127.0.0.1:{self.blaster.port}"
        endpoint = ["--socket-url", socket_url, "--api-url", self.blaster.api_url]
        return [sys.executable, "-m", "chatapp_tail", *specs, *endpoint, *options]

    def command(self, program: str, count: int) -> list[str]:
        """Return the command of a program that writes JSON Lines and ends after ``count``."""
        if program == TAIL:
            return self.tail("--json", "--count", str(count))
        runtime, script = {
            PUSHER_JS: ("node", "pusher_js_lines.cjs"),
            PYSHER: (sys.executable, "pysher_lines.py"),
            FLOOR: (sys.executable, "floor.py"),
        }[program]
        endpoint = ["127.0.0.1", str(self.blaster.port), f"{self.blaster.api_url}{AUTH_PATH}"]
        return [runtime, str(PEERS / script), *endpoint, str(count)]


Measurement = Callable[[Bench], list[Row]]


def run(measurements: Sequence[Measurement], about: str | None, page: Path | None = None) -> int:
    """Measure, show; write ``page`` unless it is a quick run. Return 1 if something fell short."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="a small run that proves nothing")
    is_quick = parser.parse_args().quick
    if reason := missing_reason():
        parser.error(reason)
    measured_at = SystemClock().utcnow()
    with tempfile.TemporaryDirectory() as home, Blasting() as blaster:
        bench = Bench(QUICK if is_quick else FULL, Path(home), blaster)
        rows = [row for measure in measurements for row in measure(bench)]
    console = Console()
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    console.print(figures.table(rows))
    if page is not None and not is_quick:
        page.write_text(figures.markdown(rows, figures.versions(), measured_at), encoding="utf-8")
    short = figures.shortfalls(rows)
    for sentence in short:
        say(f"fell short: {sentence}")
    return 1 if short else 0


def say(sentence: str) -> None:
    """Print progress on stderr."""
    sys.stderr.write(f"{sentence}\n")
