"""The code blocks of the recipes, by the names in the comments above them."""

import re
from pathlib import Path

TOP = Path(__file__).parents[2]
README, PAGE = "README.md", "docs/recipes.md"

_BLOCK = re.compile(r"^<!-- recipe: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"^```(?!console|json)\w+$", re.MULTILINE)


def recipes() -> dict[str, str]:
    """Return the recipes of the README and of their own page.

    All blocks of that page are recipes, but for commands that are shown with a prompt, and files.
    """
    page = (TOP / PAGE).read_text(encoding="utf-8")
    assert len(_BLOCK.findall(page)) == len(_SHELL.findall(page))
    return dict(_BLOCK.findall((TOP / README).read_text(encoding="utf-8") + page))
