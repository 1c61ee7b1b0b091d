"""``python -m tools.lowest``: the lowest version that pyproject.toml allows of each dependency.

Written as constraints for pip, so that building, running and testing are tried with exactly those.
What they themselves depend on is left to pip.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def constraints(pyproject: str) -> list[str]:
    """Return a constraint for each dependency; linters and the benchmarks' peers take no part."""
    content = tomllib.loads(pyproject)
    asked = chain(
        content["build-system"]["requires"],
        content["project"]["dependencies"],
        *content["project"]["optional-dependencies"].values(),
        in_group(content["dependency-groups"], "test"),
    )
    return sorted({lowest(requirement) for requirement in asked})


def in_group(groups: Mapping[str, Sequence[str | Mapping[str, str]]], name: str) -> Iterator[str]:
    """Yield the requirements of a dependency group, and of those that it includes."""
    for entry in groups[name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from in_group(groups, entry["include-group"])


def lowest(requirement: str) -> str:
    """Return ``name==version`` of the lower bound. Raises ``ValueError`` where there isn't one."""
    asked = Requirement(requirement)
    bounds = [bound.version for bound in asked.specifier if bound.operator in (">=", "==")]
    if len(bounds) != 1:
        raise ValueError(f"no lower bound in {requirement!r}")
    return f"{asked.name}=={bounds[0]}"


if __name__ == "__main__":
    for line in constraints(PYPROJECT.read_text(encoding="utf-8")):
        sys.stdout.write(f"{line}\n")
