"""From the start to the subscription, and the commands that should be over at once."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench, run
from benchmarks.child import CLOCK, Child
from benchmarks.figures import PUSHER_JS, PYSHER, TAIL, Row, at_most

_PROGRAMS = (TAIL, PUSHER_JS, PYSHER)
_MILLISECONDS = 1e3
_IMPORT = "import typer"
# The libraries that the program can't start without. Python takes longer to load them than
# pusher-js to subscribe, so a start is compared with that.
_PACKAGES = "import its packages"
_IMPORT_PACKAGES = "import typer, requests, websocket"
_MOST_OF_PACKAGES = 1.5
# Multiples of the time to import typer.
_MOST_OF_VERSION, _MOST_OF_COMPLETION, _MOST_OF_WORDS = 1.2, 0.8, 1.7
# What a shell asks when TAB is pressed after ``chatapp-tail -p``; most else it answers by itself.
_TAB = ("complete", "profiles", "chatapp-tail", "-p", "")
_COMPLETED = "night"
_CONFIG = f"[profile.{_COMPLETED}]\nall = true\n"


def measure(bench: Bench) -> list[Row]:
    """Return the rows, in milliseconds."""
    return [_subscribing(bench), *_commands(bench)]


def _subscribing(bench: Bench) -> Row:
    """Measure until the server has confirmed the subscription."""
    taken: dict[str, list[float]] = {program: [] for program in _PROGRAMS}
    imports: list[float] = []
    # Without the end, where the interpreter takes as long again.
    importing = [sys.executable, "-c", f"{_IMPORT_PACKAGES}, os; os._exit(0)"]
    for _ in range(bench.scale.starts):
        for program, found in taken.items():
            command = bench.command(program, 1)
            with Child(command, bench.environment, stderr=bench.words) as child:
                subscribed_at = bench.blaster.next_subscription().at
                found.append((subscribed_at - child.started_at) * _MILLISECONDS)
        imports.append(_seconds(bench, importing, "") * _MILLISECONDS)
    middle = {program: median(found) for program, found in taken.items()}
    middle[_PACKAGES] = median(imports)
    goals = [at_most(middle, 2.6, PUSHER_JS), at_most(middle, _MOST_OF_PACKAGES, _PACKAGES)]
    return Row("start → subscribed, ms", middle, goals)


def _commands(bench: Bench) -> list[Row]:
    script = str(Path(sys.executable).with_name("chatapp-tail"))
    config = bench.home / ".config" / "chatapp-tail" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(_CONFIG, encoding="utf-8")
    commands: dict[str, tuple[Sequence[str], str, float]] = {
        _IMPORT: ([sys.executable, "-c", "import typer"], "", 1.0),
        "--version": ([script, "--version"], "chatapp-tail", _MOST_OF_VERSION),
        "one completion": ([script, *_TAB], _COMPLETED, _MOST_OF_COMPLETION),
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    first_words: list[float] = []
    for _ in range(bench.scale.starts):
        first_words.append(_until_first_words(bench) * _MILLISECONDS)
        for name, (command, words, _) in commands.items():
            taken[name].append(_seconds(bench, command, words) * _MILLISECONDS)
    values = {TAIL: median(first_words), _IMPORT: median(taken[_IMPORT])}
    rows = [Row("first words of a tail, ms", values, [at_most(values, _MOST_OF_WORDS, _IMPORT)])]
    for name, (_, _, most) in commands.items():
        if name != _IMPORT:
            values = {TAIL: median(taken[name]), _IMPORT: median(taken[_IMPORT])}
            rows.append(Row(f"{name}, ms", values, [at_most(values, most, _IMPORT)]))
    return rows


def _until_first_words(bench: Bench) -> float:
    """Return how long a tail takes to say something."""
    started_at = CLOCK.now()
    with subprocess.Popen(bench.tail(), env=bench.environment, stderr=subprocess.PIPE) as tail:  # noqa: S603
        assert tail.stderr is not None  # noqa: S101 (asked for)
        tail.stderr.read(1)
        taken = CLOCK.now() - started_at
        tail.kill()
    return taken


def _seconds(bench: Bench, command: Sequence[str], words: str) -> float:
    """Return how long a command takes. Raises ``RuntimeError`` if it doesn't print ``words``."""
    started_at = CLOCK.now()
    done = subprocess.run(  # noqa: S603 (named above)
        command,
        env=bench.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    ended_at = CLOCK.now()
    if words not in done.stdout:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return ended_at - started_at


if __name__ == "__main__":
    sys.exit(run([measure], __doc__))
