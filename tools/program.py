"""What several generators ask of the program's description."""

from collections.abc import Iterable

from chatapp_tail.cli.option import Option
from chatapp_tail.cli.page import Page


def own_options(page: Page, root: Page) -> list[Option]:
    """Return a command's options that aren't also the root's, with the same meaning."""
    return [one for one in page.options if one not in root.options]


def variables(pages: Iterable[Page]) -> dict[str, list[str]]:
    """Return the environment variables, each with the options that it stands for."""
    found: dict[str, list[str]] = {}
    for page in pages:
        for option in page.options:
            for variable in option.variables:
                names = found.setdefault(variable, [])
                names += [option.long] if option.long not in names else []
    return found
