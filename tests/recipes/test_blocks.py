"""Each recipe is tested. ``tests/docs`` holds the Russian pages to the same blocks."""

import re
from pathlib import Path

from tests.recipes.blocks import recipes

STARTED = re.compile(r'kitchen\.(?:start|finished)\("([\w-]+)"')
HERE = Path(__file__).parent


def test_each_recipe_is_run_by_a_test() -> None:
    files = {name for name in recipes() if "." in name}
    run = {name for test in HERE.glob("test_*.py") for name in STARTED.findall(test.read_text())}
    assert run | files == set(recipes())
    assert files == {"vector.toml"}
