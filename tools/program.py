"""The program's own description, for what is generated from it."""

from collections.abc import Iterable, Iterator

from typer.core import TyperGroup
from typer.main import get_command

from chatapp_tail.cli.app import app
from chatapp_tail.cli.page import Option, Page, root_page


def program() -> Page:
    """Return the page of ``chatapp-tail`` with those of its commands."""
    root = get_command(app)
    if not isinstance(root, TyperGroup):
        raise TypeError("the program has no commands")
    return root_page(root)


def options(page: Page) -> Iterator[Option]:
    """Yield the options of all panels."""
    for panel in page.panels:
        yield from panel.options


def own_options(page: Page, root: Page) -> list[Option]:
    """Return a command's options that aren't also the root's, with the same meaning."""
    shared = set(options(root))
    return [one for one in options(page) if one not in shared]


def variables(pages: Iterable[Page]) -> dict[str, list[str]]:
    """Return the environment variables, each with the options that it stands for."""
    found: dict[str, list[str]] = {}
    for page in pages:
        for option in options(page):
            for variable in option.variables:
                names = found.setdefault(variable, [])
                names += [option.long] if option.long not in names else []
    return found
