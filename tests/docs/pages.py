"""The project's Markdown: files, headings, links, blocks of code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parents[2]
# The pages that users need, and what they are in Russian.
TRANSLATED = {
    Path("README.md"): Path("README.ru.md"),
    **{
        Path("docs", name): Path("docs/ru", name)
        for name in (
            *("reference.md", "recipes.md", "operations.md"),
            *("breaks.md", "security.md", "compared.md"),
        )
    },
}

_NOT_OURS = re.compile(r"(^|/)(\.|node_modules)")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block."""

    language: str
    code: str


def pages() -> list[Path]:
    """Return all Markdown files of the project, from its top."""
    found = (path.relative_to(TOP) for path in TOP.rglob("*.md"))
    return sorted(path for path in found if not _NOT_OURS.search(path.as_posix()))


def text(page: Path) -> str:
    """Return a page as it is written."""
    return (TOP / page).read_text(encoding="utf-8")


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [Block(*found) for found in _FENCED.findall(text(page))]


def links(page: Path) -> Iterator[str]:
    """Yield the targets of links and pictures, but for those within code."""
    yield from _LINK.findall(_CODE.sub("", _FENCED.sub("", text(page))))


def targets(page: Path) -> Iterator[Path]:
    """Yield the files of the project that a page links to, from its top."""
    for link in links(page):
        name = link.partition("#")[0]
        if name and "://" not in link:
            yield (TOP / page.parent / name).resolve().relative_to(TOP)


def anchors(page: Path) -> set[str]:
    """Return what a link may name within a page, in the manner of GitHub."""
    slugs: dict[str, int] = {}
    found = set()
    for heading in _HEADING.findall(_FENCED.sub("", text(page))):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        repeated = slugs.get(slug, 0)
        slugs[slug] = repeated + 1
        found.add(f"{slug}-{repeated}" if repeated else slug)
    return found
