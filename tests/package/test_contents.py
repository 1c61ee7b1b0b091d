import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.package.given import NAME, SDIST, TOP, in_sdist, in_wheel

PACKAGE = "chatapp_tail"
SHARE = f"{NAME}.data/data/share"
# What belongs to the repository alone.
NOT_IN_SDIST = {".ci/run"}


def source_files() -> set[str]:
    """Return the names of the package's files in this tree, as the wheel has them."""
    files = {
        path.relative_to(TOP).as_posix()
        for path in (TOP / PACKAGE).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    scripts = (TOP / "completions").iterdir()  # the wheel has them in the package
    return files | {f"{PACKAGE}/completions/{path.name}" for path in scripts}


def tracked() -> set[str]:
    """Return the names of the repository's files; skip the running test outside of one."""
    if shutil.which("git") is None or not (TOP / ".git").exists():
        pytest.skip("not a git checkout")
    listing = ["git", "-C", str(TOP), "ls-files", "-z"]
    done = subprocess.run(listing, check=True, capture_output=True, text=True)
    return {name for name in done.stdout.split("\0") if name and (TOP / name).exists()}


def test_wheel_holds_the_whole_package_and_nothing_beside_it() -> None:
    names = set(in_wheel())
    assert {name for name in names if name.startswith(f"{PACKAGE}/")} == source_files()
    assert {name.partition("/")[0] for name in names} == {
        PACKAGE,
        f"{NAME}.data",
        f"{NAME}.dist-info",
    }


@pytest.mark.parametrize(
    ("shipped", "source"),
    [
        ("chatapp_tail/py.typed", "chatapp_tail/py.typed"),
        ("chatapp_tail/schema/record.v1.schema.json", "chatapp_tail/schema/record.v1.schema.json"),
        (f"{SHARE}/bash-completion/completions/chatapp-tail", "completions/chatapp-tail.bash"),
        (f"{SHARE}/zsh/site-functions/_chatapp-tail", "completions/_chatapp-tail"),
        (
            f"{SHARE}/fish/vendor_completions.d/chatapp-tail.fish",
            "completions/chatapp-tail.fish",
        ),
        (f"{SHARE}/lnav/formats/chatapp_tail.json", "lnav/chatapp_tail.json"),
        (f"{SHARE}/man/man1/chatapp-tail.1", "man/chatapp-tail.1"),
        (f"{NAME}.dist-info/licenses/LICENSE", "LICENSE"),
    ],
    ids=lambda name: Path(name).name,
)
def test_wheel_ships_what_is_promised(shipped: str, source: str) -> None:
    assert in_wheel()[shipped] == (TOP / source).read_bytes()


def test_sdist_holds_every_file_of_the_repository() -> None:
    assert tracked() - in_sdist() == NOT_IN_SDIST


def test_sdist_holds_nothing_that_was_made_or_fetched() -> None:
    made = {"node_modules", "__pycache__", ".venv", "dist"}
    assert [name for name in in_sdist() if made & set(Path(name).parts)] == []


def test_tests_of_the_sdist_run_on_their_own(tmp_path: Path) -> None:
    with tarfile.open(SDIST) as sdist:
        sdist.extractall(tmp_path, filter="data")
    some = ["tests/tools", "tests/chatapp/test_record.py", "tests/test_architecture.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *some],
        cwd=tmp_path / NAME,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
