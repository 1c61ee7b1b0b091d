"""Each recipe is tested, in both languages the same."""

import re
from pathlib import Path

from tests.recipes.blocks import READMES, recipes

STARTED = re.compile(r'kitchen\.(?:start|finished)\("([\w-]+)"')
HERE = Path(__file__).parent


def test_each_recipe_is_run_by_a_test() -> None:
    files = {name for name in recipes("README.md") if "." in name}
    run = {name for test in HERE.glob("test_*.py") for name in STARTED.findall(test.read_text())}
    assert run | files == set(recipes("README.md"))
    assert files == {"vector.toml"}


def test_recipes_are_the_same_in_every_readme() -> None:
    english, *others = [list(recipes(readme).items()) for readme in READMES]
    assert others == [english]
