"""Rows a second on a real terminal, with the footer and without, and what options cost.

The terminal's screen is read as fast as it comes. What options cost is taken on JSON Lines to a
file, where there is little else.
"""

import sys
from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.bench import Bench, run, say
from benchmarks.child import Child, Terminal
from benchmarks.figures import TAIL, Row, at_least
from benchmarks.throughput import to_a_file

# Of the rate of JSON Lines to a file, in the same run.
_LEAST_ROWS = 0.35
_WITHOUT, _JSON = "without", "JSON Lines"
# Options, and what they must leave of the rate without.
_OPTIONS: dict[str, tuple[Sequence[str], float]] = {
    "-e message": (("-e", "message"), 0.93),
    "-w, three times": (
        (
            *("-w", "data.side=in", "-w", "data.type!=sent"),
            *("-w", "data.message.text~Te"),
        ),
        0.8,
    ),
    "--redact": (("--redact",), 0.35),
    "--idempotency-key": (("--idempotency-key",), 0.7),
    "--resume and --metrics": (("--resume", "{home}/state", "--metrics", "{home}/prom"), 0.9),
}


def measure(bench: Bench) -> list[Row]:
    """Return the rows for tables and for options."""
    rates = _json_rates(bench)
    return [*_tables(bench, rates[_WITHOUT]), *_options(rates)]


def rows_per_second(bench: Bench, *options: str) -> float:
    """Show one table on a terminal; return its rows a second. Raises if rows are missing."""
    count = bench.scale.rows
    command = bench.tail("--count", str(count), *options)
    with Terminal() as terminal:
        with Child(command, bench.environment, stderr=bench.words, terminal=terminal.fd) as child:
            bench.blaster.next_subscription()
            bench.blaster.send(count)
            usage = child.wait()
        terminal.close()
    if terminal.lines < count:
        raise RuntimeError(f"{terminal.lines} lines, not {count}, from {' '.join(command)}")
    return count / (usage.ended_at - bench.blaster.sent().began_at)


def _tables(bench: Bench, json_rate: float) -> list[Row]:
    variants: dict[str, tuple[str, ...]] = {"the footer": (), "--no-footer": ("--no-footer",)}
    rates: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(bench.scale.runs):
        for name, options in variants.items():
            rates[name].append(rows_per_second(bench, *options))
            say(f"table with {name}, {number + 1}: {rates[name][-1]:,.0f} rows/s")
    rows = []
    for name, found in rates.items():
        values = {TAIL: median(found), _JSON: json_rate}
        goals = [at_least(values, _LEAST_ROWS, _JSON)]
        rows.append(Row(f"table rows/s on a terminal, with {name}", values, goals))
    return rows


def _json_rates(bench: Bench) -> dict[str, float]:
    rates: dict[str, list[float]] = {name: [] for name in (_WITHOUT, *_OPTIONS)}
    count = bench.scale.events
    for number in range(bench.scale.runs):
        for name, found in rates.items():
            options = [one.format(home=bench.home) for one in _OPTIONS.get(name, ((), 0))[0]]
            command = [*bench.command(TAIL, count), *options]
            found.append(to_a_file(bench, command, count).rate)
            say(f"JSON Lines, {name}, {number + 1}: {found[-1]:,.0f}/s")
    return {name: median(found) for name, found in rates.items()}


def _options(rates: Mapping[str, float]) -> list[Row]:
    rows = []
    for name, (_, least) in _OPTIONS.items():
        values = {TAIL: rates[name], _WITHOUT: rates[_WITHOUT]}
        goals = [at_least(values, least, _WITHOUT)]
        rows.append(Row(f"JSON Lines to a file with {name}, events/s", values, goals))
    return rows


if __name__ == "__main__":
    sys.exit(run([measure], __doc__))
