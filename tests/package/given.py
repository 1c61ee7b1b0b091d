"""Where ``make package`` puts things, and how to ask the program that it installed."""

import subprocess
import tarfile
from pathlib import Path
from zipfile import ZipFile

from chatapp_tail import __version__
from tests.support.cli_process import INSTALLED, clean_environment

TOP = Path(__file__).parents[2]
NAME = f"chatapp_tail-{__version__}"
WHEEL = TOP / "dist" / f"{NAME}-py3-none-any.whl"
SDIST = TOP / "dist" / f"{NAME}.tar.gz"
METADATA = f"{NAME}.dist-info/METADATA"


def program() -> Path:
    """Return the installed ``chatapp-tail``."""
    assert INSTALLED is not None
    return INSTALLED


def python() -> Path:
    """Return the interpreter of the environment that the wheel is installed in."""
    return program().with_name("python")


def run(home: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run ``command`` to its end in ``home``, where nothing of the source can be imported."""
    return subprocess.run(
        command,
        env=clean_environment(home) | {"COLUMNS": "80"},
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def in_wheel() -> dict[str, bytes]:
    """Return the wheel's files."""
    with ZipFile(WHEEL) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist()}


def in_sdist() -> set[str]:
    """Return the names of the sdist's files, without the folder that all are in."""
    with tarfile.open(SDIST) as sdist:
        return {
            member.name.removeprefix(f"{NAME}/") for member in sdist.getmembers() if member.isfile()
        }
