"""The commands by name. Each is made when it is asked for: to make all takes a tenth of a start."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import typer

from chatapp_tail.cli.layers import takes

F = TypeVar("F", bound=Callable[..., object])


class WithHelp:
    """Makes a Typer command tell its help in our form."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 (Typer's own Click)
        """Write the page of the command to ``formatter``."""
        from chatapp_tail.cli.help import write_help  # noqa: PLC0415

        write_help(ctx, formatter)


class Command(WithHelp, typer.core.TyperCommand):
    """A command with our form of help."""


class Commands(Mapping[str, Any]):
    """Typer's commands, made of functions that declare option groups (see ``takes``)."""

    def __init__(self) -> None:
        self._makers: dict[str, Callable[[], object]] = {}

    def add(
        self,
        *,
        help: str,  # noqa: A002 (Typer says it so)
        epilog: str | None = None,
        hidden: bool = False,
    ) -> Callable[[F], F]:
        """Let a function be the command of its name.

        Its help isn't its docstring: Python has none under PYTHONOPTIMIZE=2.
        """

        def register(function: F) -> F:
            @cache
            def make() -> object:
                alone = typer.Typer(
                    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
                )
                add = alone.command(
                    function.__name__, cls=Command, help=help, epilog=epilog, hidden=hidden
                )
                add(takes(function))
                return typer.main.get_command(alone)

            self._makers[function.__name__] = make
            return function

        return register

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        """Return the command. Raises ``KeyError``."""
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
