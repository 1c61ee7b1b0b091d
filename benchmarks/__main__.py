"""``make bench``: all measurements of speed, size and latency, side by side in one run."""

import sys
from pathlib import Path

from benchmarks import blastspeed, browsing, latency, standing, starting, terminal, throughput
from benchmarks.bench import run

PAGE = Path(__file__).parent / "RESULTS.md"
MEASUREMENTS = (
    blastspeed.measure,
    throughput.measure,
    terminal.measure,
    latency.measure,
    starting.measure,
    standing.measure,
    browsing.measure,
)

if __name__ == "__main__":
    sys.exit(run(MEASUREMENTS, __doc__, PAGE))
