import pytest
from packaging.version import Version

from tools.lowest import PYPROJECT, constraints, lowest

_PROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
[project]
dependencies = ["typer>=0.26,<0.29", "requests>=2.32"]
[project.optional-dependencies]
demo = ["aiohttp>=3.11"]
[dependency-groups]
recipes = ["sqlite-utils>=4"]
test = [{ include-group = "recipes" }, "requests>=2.32", "pytest>=9.0"]
tools = ["ruff>=0.14"]
"""


@pytest.mark.parametrize(
    ("requirement", "pin"),
    [
        ("rich>=14.1", "rich==14.1"),
        ("typer>=0.26,<0.29", "typer==0.26"),
        ("asyncpusher==0.2.5", "asyncpusher==0.2.5"),
        ("tzdata>=2025.1; sys_platform == 'win32'", "tzdata==2025.1"),
        ("coverage[toml] >= 7.6", "coverage==7.6"),
    ],
)
def test_lower_bound_becomes_a_pin(requirement: str, pin: str) -> None:
    assert lowest(requirement) == pin


@pytest.mark.parametrize("requirement", ["rich", "rich<15", "rich!=14.0", "rich>14", "rich~=14.1"])
def test_requirement_without_a_lower_bound_is_refused(requirement: str) -> None:
    with pytest.raises(ValueError, match="no lower bound in 'rich"):
        lowest(requirement)


def test_what_builds_runs_and_tests_is_pinned_once() -> None:
    assert constraints(_PROJECT) == [
        "aiohttp==3.11",
        "hatchling==1.27",
        "pytest==9.0",
        "requests==2.32",
        "sqlite-utils==4",
        "typer==0.26",
    ]


def test_every_dependency_of_this_project_has_a_lower_bound() -> None:
    assert len(constraints(PYPROJECT.read_text(encoding="utf-8"))) > 10


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("aiohttp", "3.14.2"),  # CVE-2026-59881, -69243, -69244
        ("urllib3", "2.7.0"),  # CVE-2026-97689: a chunk's size of any length
        ("requests", "2.32.5"),  # CVE-2026-25645
    ],
)
def test_version_with_a_known_hole_is_not_allowed(name: str, version: str) -> None:
    (pin,) = [one for one in constraints(PYPROJECT.read_text(encoding="utf-8")) if name in one]
    assert Version(pin.removeprefix(f"{name}==")) > Version(version)
