"""The code blocks of the READMEs' recipes, by the names in the comments above them."""

import re
from pathlib import Path

TOP = Path(__file__).parents[2]
READMES = ("README.md", "README.ru.md")

_HEADING = re.compile(r"^## (?:Recipes|Рецепты)\n(.*?)^## ", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^<!-- recipe: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def recipes(readme: str) -> dict[str, str]:
    """Return the recipes of a README in its order; all its blocks of code must have names."""
    chapter = _HEADING.search((TOP / readme).read_text(encoding="utf-8"))
    assert chapter, f"{readme} has no recipes"
    named = dict(_BLOCK.findall(chapter[1]))
    assert len(named) * 2 == len(re.findall("^```", chapter[1], re.MULTILINE))
    return named
