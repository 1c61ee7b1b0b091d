"""The commands by name. Each is made when it is asked for: to make all takes a tenth of a start."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import typer

from chatapp_tail.cli.layers import takes

F = TypeVar("F", bound=Callable[..., object])


class Commands(Mapping[str, Any]):
    """Typer's commands, made of functions that declare option groups (see ``takes``)."""

    def __init__(self) -> None:
        self._makers: dict[str, Callable[[], object]] = {}

    def add(self, *, epilog: str | None = None, hidden: bool = False) -> Callable[[F], F]:
        """Let a function be the command of its name."""

        def register(function: F) -> F:
            @cache
            def make() -> object:
                alone = typer.Typer(
                    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
                )
                alone.command(function.__name__, epilog=epilog, hidden=hidden)(takes(function))
                return typer.main.get_command(alone)

            self._makers[function.__name__] = make
            return function

        return register

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 (Typer's own Click)
        """Return the command. Raises ``KeyError``."""
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
