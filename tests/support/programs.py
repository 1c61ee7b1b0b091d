"""Whether the programs that some tests run are installed; node and its packages among them."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

INTEROP = Path(__file__).parents[1] / "interop"
NODE_MODULES = INTEROP / "node_modules"
# The websocket engine of soketi is a binary made for these versions only.
NODE_VERSIONS = (16, 18, 20)


def skip(reason: str) -> NoReturn:
    """Skip the running test or, in CI, fail it."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI may not skip this test", pytrace=False)
    pytest.skip(reason)


def require(*programs: str) -> None:
    """Skip the running test where a program is missing; in CI, fail it."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        skip(f"not found: {', '.join(missing)}; make unit installs them where it may")


@cache
def missing_reason() -> str | None:
    """Return what is missing for the tests with a real Pusher server, or None."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"{program} not found"
    if not (NODE_MODULES / "@soketi" / "soketi").is_dir():
        return "tests/interop/node_modules not found: run make unit"
    if _node_version() not in NODE_VERSIONS:
        return f"node is version {_node_version()}, soketi needs one of {NODE_VERSIONS}"
    return None


def node_environment(**variables: str) -> dict[str, str]:
    """Return an environment for node with nothing of ours in it: no proxy, no ``SOKETI_*``."""
    return {"PATH": os.environ.get("PATH", os.defpath), **variables}


@cache
def _node_version() -> int:
    shown = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return int(shown.stdout.strip().removeprefix("v").split(".")[0])
