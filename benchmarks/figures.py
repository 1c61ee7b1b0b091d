"""The figures of a run, what they must reach, and both as a table. Pure but for ``versions``."""

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from rich import box
from rich.markup import escape
from rich.table import Table

from chatapp_tail import __version__
from tests.support.programs import NODE_MODULES

TAIL, PUSHER_JS, PYSHER, FLOOR = "chatapp-tail", "pusher-js", "Pysher", "floor"
_PROGRAMS = (TAIL, PUSHER_JS, PYSHER, FLOOR)
_BAR = r"\|"
_COLUMNS = ("what", *_PROGRAMS, "other", "reached", "to reach", "")


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing to reach: at least or at most ``bound``, for a figure or for a ratio.

    ``peer`` is whom a ratio compares with; without one ``reached`` is the figure itself. Without a
    ``bound`` nothing is asked for, and the ratio only shown.
    """

    reached: float
    bound: float | None
    peer: str = ""
    is_least: bool = True

    @property
    def holds(self) -> bool:
        """Whether it is reached; never for NaN."""
        if self.bound is None:
            return True
        return self.reached >= self.bound if self.is_least else self.reached <= self.bound

    @property
    def reached_words(self) -> str:
        """``2.13 × pusher-js``, or the figure."""
        return f"{self.reached:.2f} × {self.peer}" if self.peer else _shown(self.reached)

    @property
    def bound_words(self) -> str:
        """``≥ 2 × pusher-js``, or the bound of the figure."""
        if self.bound is None:
            return "—"
        words = f"{'≥' if self.is_least else '≤'} {self.bound:,g}"
        return f"{words} × {self.peer}" if self.peer else words


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, with its unit; a figure for each program, and the goals."""

    what: str
    values: Mapping[str, float]
    goals: Sequence[Goal] = ()

    @property
    def holds(self) -> bool:
        """Whether all goals are reached."""
        return all(goal.holds for goal in self.goals)


def at_least(values: Mapping[str, float], bound: float | None, peer: str) -> Goal:
    """Return the goal of having ``bound`` times as much as ``peer``."""
    return Goal(_ratio(values, peer), bound, peer)


def at_most(values: Mapping[str, float], bound: float | None, peer: str) -> Goal:
    """Return the goal of having no more than ``bound`` times what ``peer`` has."""
    return Goal(_ratio(values, peer), bound, peer, is_least=False)


def table(rows: Sequence[Row]) -> Table:
    """Return all rows, for a terminal."""
    shown = Table(box=box.SIMPLE_HEAD)
    for index, column in enumerate(_COLUMNS):
        shown.add_column(column, justify="right" if 0 < index <= len(_PROGRAMS) else "left")
    for row in rows:
        shown.add_row(*map(escape, _cells(row, "\n")), style=None if row.holds else "red")
    return shown


def markdown(rows: Sequence[Row], about: Sequence[str], measured_at: datetime) -> str:
    """Return the page: what ran and when, all figures, what fell short."""
    lines = [_COLUMNS, ["---"] * len(_COLUMNS), *(_cells(row, "<br>") for row in rows)]
    short = shortfalls(rows)
    return "\n".join(
        [
            "# Speed, size and latency",
            "",
            f"Measured {measured_at:%Y-%m-%d %H:%M} UTC by `make bench`, as README.md says.",
            "",
            *(f"- {line}" for line in about),
            "",
            *map(_markdown_line, lines),
            "",
            *(f"- fell short: {sentence}" for sentence in short),
            *([] if short else ["All that was to be reached is reached."]),
            "",
        ]
    )


def shortfalls(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each goal that wasn't reached."""
    return [
        f"{row.what}: {goal.reached_words}, to reach {goal.bound_words}"
        for row in rows
        for goal in row.goals
        if not goal.holds
    ]


def versions() -> list[str]:
    """Return what ran, each with its version."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)  # noqa: S607
    package = NODE_MODULES / "pusher-js-8" / "package.json"
    pusher_js = json.loads(package.read_text(encoding="utf-8"))["version"]
    client = f"websocket-client {version('websocket-client')}"
    orjson = f"orjson {version('orjson')}"
    return [
        f"chatapp-tail {__version__} ({client}, {orjson}, rich {version('rich')})",
        f"pusher-js {pusher_js} on node {node.stdout.strip()}",
        f"Pysher {version('pysher')} ({client})",
        f"floor: {client}, {orjson}",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
    ]


def _markdown_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |"


def _ratio(values: Mapping[str, float], peer: str) -> float:
    return values[TAIL] / values[peer] if values[peer] else float("nan")


def _cells(row: Row, line_end: str) -> list[str]:
    others = [name for name in row.values if name not in _PROGRAMS]
    return [
        row.what,
        *(_shown(row.values[name]) if name in row.values else "" for name in _PROGRAMS),
        line_end.join(f"{name}: {_shown(row.values[name])}" for name in others),
        line_end.join(goal.reached_words for goal in row.goals),
        line_end.join(goal.bound_words for goal in row.goals),
        "" if all(goal.bound is None for goal in row.goals) else "yes" if row.holds else "no",
    ]


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:.3g}"
