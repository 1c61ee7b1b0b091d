"""All generated files, and how to write them again.

Each generator returns whole files by their path from the top of the project. It runs without
network and gives the same result on every machine.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from tools.browse_picture import browse_picture
from tools.completions import completions
from tools.manual import manual
from tools.picture import picture
from tools.reference import reference
from tools.schema import schema

TOP = Path(__file__).parents[1]

Generator = Callable[[], Mapping[Path, str]]

GENERATORS: tuple[Generator, ...] = (
    browse_picture,
    completions,
    manual,
    picture,
    reference,
    schema,
)


def generated() -> dict[Path, str]:
    """Return what all generators make, by absolute path."""
    return {TOP / path: content for generate in GENERATORS for path, content in generate().items()}


def write() -> None:
    """Write what has changed."""
    for path, content in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
