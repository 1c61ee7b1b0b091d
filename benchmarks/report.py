"""The figures of a run as a table on the terminal and as a page of Markdown."""

import json
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from rich import box
from rich.markup import escape
from rich.table import Table

from benchmarks.clients import PROGRAMS
from benchmarks.outcome import Outcome
from chatapp_tail import __version__
from tests.support.programs import NODE_MODULES

_WORDS = "first words on stderr"
_COLUMNS = (
    "break",
    "client",
    "lost",
    "unsaid",
    "idle deaths",
    "noticed s",
    "event s",
    "twice",
    "gap said",
    "exit",
    _WORDS,
)
_NUMBERS = range(2, 8)
_LONGEST_WORDS = 68
# Who speaks is known already: our own name, or what Python's logging begins a line with.
_SPEAKER = re.compile(r"^(chatapp-tail: |[A-Z]+:[\w.]+:)")


# Written by the benchmarks of breaks and of a long run, a chapter each.
PAGE = Path(__file__).parent / "BREAKS.md"
_LONG_RUN = "\n## A long run\n\n"


def table(outcomes: Sequence[Outcome], limit: float) -> Table:
    """Return all figures, a section for each break."""
    shown = Table(title="One event a second, one break", box=box.SIMPLE_HEAD)
    for index, column in enumerate(_COLUMNS):
        shown.add_column(
            column, justify="right" if index in _NUMBERS else "left", no_wrap=column != _WORDS
        )
    for _, of_a_break in groupby(outcomes, lambda outcome: outcome.break_name):
        for outcome in of_a_break:
            shown.add_row(*map(escape, _cells(outcome, limit)))
        shown.add_section()
    return shown


def markdown(
    outcomes: Sequence[Outcome], missed: Sequence[str], limit: float, measured_at: datetime
) -> str:
    """Return the page: what ran, the events lost at a glance, then all figures."""
    cells = {(outcome.break_name, outcome.client): outcome for outcome in outcomes}
    breaks = list(dict.fromkeys(outcome.break_name for outcome in outcomes))
    names = [program.name for program in PROGRAMS]
    at_a_glance = [
        [name, *(_lost(cells[name, client], limit) for client in names)] for name in breaks
    ]
    return "\n".join(
        [
            "# One event a second, one break",
            "",
            f"Measured {measured_at:%Y-%m-%d %H:%M} UTC by `make bench-breaks`, as README.md says.",
            "",
            *(f"- {line}" for line in _versions()),
            "",
            "## Events lost",
            "",
            f"`> {limit:g}`: no event in {limit:g} s after the break; `all`: the program ended.",
            "",
            *_markdown_table(["break", *names], at_a_glance),
            "",
            "## All figures",
            "",
            *_markdown_table(_COLUMNS, [_cells(outcome, limit) for outcome in outcomes]),
            "",
            "## Targets of chatapp-tail",
            "",
            *(f"- missed: {sentence}" for sentence in missed or []),
            *([] if missed else ["All met."]),
            "",
        ]
    )


def write_breaks(page: Path, text: str) -> None:
    """Write the figures of all breaks; the page's chapter on the long run stays."""
    _, heading, long_run = _chapters(page)
    page.write_text(f"{text}{heading}{long_run}", encoding="utf-8")


def write_long_run(page: Path, lines: Sequence[str], measured_at: datetime) -> None:
    """Write the table of the long run below the figures of all breaks, which stay."""
    breaks, _, _ = _chapters(page)
    measured = f"Measured {measured_at:%Y-%m-%d %H:%M} UTC by `make bench-long`, as README.md says."
    page.write_text("\n".join([f"{breaks}{_LONG_RUN}{measured}", "", *lines, ""]), encoding="utf-8")


def _chapters(page: Path) -> tuple[str, str, str]:
    """Return the figures of all breaks, the heading of the long run, and its figures."""
    return page.read_text(encoding="utf-8").partition(_LONG_RUN)


def _cells(outcome: Outcome, limit: float) -> list[str]:
    return [
        outcome.break_name,
        outcome.client,
        _lost(outcome, limit),
        _unsaid(outcome),
        str(outcome.deaths),
        "—" if outcome.noticed is None and outcome.is_back else _seconds(outcome.noticed, limit),
        "—" if outcome.exit_code is not None else _seconds(outcome.first_event, limit),
        str(outcome.duplicates),
        "yes" if outcome.told_of_gap else "no",
        "—" if outcome.exit_code is None else str(outcome.exit_code),
        _shortened(outcome.told) or "(nothing)",
    ]


def _lost(outcome: Outcome, limit: float) -> str:
    if outcome.is_back:
        return str(outcome.lost)
    return f"> {limit:g}" if outcome.exit_code is None else "all"


def _unsaid(outcome: Outcome) -> str:
    return str(outcome.unsaid) if outcome.is_back or not outcome.unsaid else "all"


def _seconds(seconds: float | None, limit: float) -> str:
    return f"> {limit:g}" if seconds is None else f"{seconds:.1f}"


def _shortened(words: str) -> str:
    words = _SPEAKER.sub("", words).strip()
    return words if len(words) <= _LONGEST_WORDS else f"{words[: _LONGEST_WORDS - 1]}…"


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines]


def _versions() -> list[str]:
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)  # noqa: S607
    client = version("websocket-client")
    return [
        f"chatapp-tail {__version__} (websocket-client {client})",
        f"pusher-js {_npm_version('pusher-js-8')} on node {node.stdout.strip()}",
        f"Pysher {version('pysher')} (websocket-client {client})",
        f"asyncpusher {version('asyncpusher')} (aiohttp {version('aiohttp')})",
        f"server: soketi {_npm_version('@soketi/soketi')}; publisher: pusher {version('pusher')}",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
    ]


def _npm_version(package: str) -> str:
    described = json.loads((NODE_MODULES / package / "package.json").read_text(encoding="utf-8"))
    return str(described["version"])
