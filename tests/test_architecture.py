"""Imports point down, each library is used in one place, and the quick commands stay quick."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import chatapp_tail

PACKAGE = Path(chatapp_tail.__file__).parent

# From the bottom up. A room imports from lower floors and from itself, never from its neighbours.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"", "errors", "clock", "jsontext", "units", "sharding"})
    | {"background", "masking", "wakeup", "signals"},
    frozenset({"network"}),
    frozenset({"api"}),
    frozenset({"pusher"}),
    frozenset({"chatapp"}),
    frozenset({"statistics"}),
    frozenset({"filters", "output", "account", "gaps", "forwarding"}),
    frozenset({"watch", "stopping", "settings", "recording", "backfill"}),
    frozenset({"delivery", "triggering", "resume", "supervision", "browse"}),
    frozenset({"progress"}),
    frozenset({"tail", "doctor"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
# Stands beside the tail: a server shares with its client only what they both say.
EMULATOR = "emulator"
SHARED_WITH_EMULATOR = ("pusher.protocol", "chatapp")

# Where a module or library may be imported at all; a folder means everything in it. Ruff has more
# of the kind in pyproject.toml: time, random, secrets and click.
HOMES: dict[str, tuple[str, ...]] = {
    "rich": ("output", "browse"),
    "textual": ("browse",),
    "prometheus_client": ("supervision.metrics",),
    "aiohttp": ("emulator",),
    "typer": ("cli",),
    "requests": ("network", "api", "forwarding.post"),
    "urllib3": ("network.http",),
    "websocket": ("pusher.transport",),
    "orjson": ("jsontext",),
    "platformdirs": ("account.config",),
    "tomllib": ("account.config",),
    "threading": (
        "account.files",
        "account.credentials",
        "signals",
        "output.writer",
        "output.backlog",
        "output.status",
        "output.footer",
        "pusher.authorizing",
        "backfill.worker",
        "background",
        "browse.feed",
        "browse.app",
        "network.cuttable",
        "forwarding.forwarder",
        "supervision",
        "forwarding.queues",
        "emulator",
    ),
    "tempfile": ("output.backlog", "account.files", "emulator.server"),
    "trustme": ("emulator.server",),
    "marshal": ("output.backlog",),
}
HEAVY = {
    *{"prometheus_client", "trustme", "requests", "rich", "textual", "aiohttp", "websocket"},
    *{"platformdirs", "tomllib"},
}


def modules() -> list[str]:
    """Return every module's name without the package's; "" is the package itself."""
    return sorted(
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        .removesuffix("__init__")
        .removesuffix(".")
        for path in PACKAGE.rglob("*.py")
    )


@cache
def source(module: str) -> ast.Module:
    """Return a module's syntax tree."""
    path = PACKAGE / Path(*module.split(".")) if module else PACKAGE
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST, *, deferred: bool = True) -> Iterator[str]:
    """Yield the full names of what is imported; without ``deferred`` only what loading runs."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import(names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{name.name}" for name in names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not deferred:
                continue
            case ast.If(test=ast.Name("TYPE_CHECKING")) if not deferred:
                continue
            case _:
                yield from imports(node, deferred=deferred)


def own(names: Iterator[str]) -> set[str]:
    """Return those that are modules of ours, without the package's name."""
    known = set(modules())
    found = set()
    for name in names:
        inside = name.removeprefix("chatapp_tail").removeprefix(".")
        if name.partition(".")[0] == "chatapp_tail":
            # The last word may be something in the module rather than a module.
            found.add(inside if inside in known else inside.rpartition(".")[0])
    return found


def libraries(names: Iterator[str]) -> set[str]:
    """Return the top-level names of what isn't ours."""
    return {name.partition(".")[0] for name in names} - {"chatapp_tail"}


@cache
def used(module: str) -> set[str]:
    """Return the libraries that a module imports anywhere."""
    return libraries(imports(source(module)))


def room(module: str) -> str:
    return module.partition(".")[0]


def floor(module: str) -> int:
    """Return how high a module's room is; fails for one without a place in the house."""
    floors = [number for number, rooms in enumerate(FLOORS) if room(module) in rooms]
    assert floors, f"{module} has no place in FLOORS"
    return floors[0]


def is_in(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


OTHERS = [module for module in modules() if room(module) != EMULATOR]


@pytest.mark.parametrize("module", OTHERS, ids=lambda module: module or "package")
def test_imports_point_down(module: str) -> None:
    for imported in own(imports(source(module))):
        if room(imported) == EMULATOR:
            assert room(module) == "cli"
        elif room(imported) != room(module):
            assert floor(imported) < floor(module), f"{module} imports {imported}"


@pytest.mark.parametrize("module", [one for one in modules() if room(one) == EMULATOR])
def test_emulator_shares_only_what_both_sides_say(module: str) -> None:
    for imported in own(imports(source(module))):
        allowed = room(imported) == EMULATOR or room(imported) in FLOORS[0]
        assert allowed or is_in(imported, SHARED_WITH_EMULATOR), f"{module} imports {imported}"


@pytest.mark.parametrize("library", HOMES)
def test_library_is_used_at_home_only(library: str) -> None:
    users = {module for module in modules() if library in used(module)}
    assert {module for module in users if not is_in(module, HOMES[library])} == set()


@pytest.mark.parametrize(
    ("entrance", "late"),
    [
        ("__main__", HEAVY),
        ("cli.app", HEAVY),
        # All of it is loaded before the first words.
        ("cli.tail", HEAVY | {"ssl", "http", "email", "hashlib"}),
    ],
)
def test_loading_the_command_line_loads_nothing_heavy(entrance: str, late: set[str]) -> None:
    loaded, waiting = {entrance}, [entrance]
    while waiting:
        module = waiting.pop()
        heavy = libraries(imports(source(module), deferred=False)) & late
        assert heavy == set(), f"{module} imports {heavy}"
        new = own(imports(source(module), deferred=False)) - loaded
        loaded |= new
        waiting += new


_VERSION = """\
import sys
before = set(sys.modules)  # measuring coverage loads some
from chatapp_tail.cli.app import main
assert main(["--version"]) == 0
sys.stderr.write(" ".join(set(sys.modules) - before))
"""


def test_version_is_told_without_loading_anything_heavy() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _VERSION], check=True, capture_output=True, text=True
    )
    assert run.stdout == f"chatapp-tail {chatapp_tail.__version__}\n"
    assert libraries(iter(run.stderr.split())) & HEAVY == set()


def test_rules_notice_what_they_forbid() -> None:
    tree = ast.parse(
        "import rich.text\n"
        "from chatapp_tail.output import status\n"
        "from chatapp_tail.cli.tail import run_tail\n"
        "from chatapp_tail import __version__, jsontext\n"
        "if TYPE_CHECKING:\n    import requests\n"
        "def f():\n    import aiohttp\n"
        "class C:\n    import websocket\n"
    )
    assert libraries(imports(tree)) == {"rich", "requests", "aiohttp", "websocket"}
    assert libraries(imports(tree, deferred=False)) == {"rich", "websocket"}
    assert own(imports(tree)) == {"output.status", "cli.tail", "", "jsontext"}
