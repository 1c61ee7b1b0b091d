"""The commands by name. Each is made when it is asked for: to make all takes a tenth of a start."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import typer
from typer.core import TyperOption

from chatapp_tail.cli.layers import takes
from chatapp_tail.errors import UsageError

F = TypeVar("F", bound=Callable[..., object])

# What word processors and phones make of hyphens: en and em dashes, a minus, and others.
_DASHED = re.compile(r"[\u2010-\u2015\u2212]+-?(?P<name>[A-Za-z][A-Za-z-]*)(?P<value>(=.*)?)")


class WithHelp:
    """Makes a Typer command tell its help, and what is wrong with its words, in our form."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 (Typer's own Click)
        """Take the words. Raises ``UsageError`` for some that Click would take, but never meant."""
        words: Any = self
        _, others, order = words.make_parser(ctx).parse_args(args=[*args])
        _check_words(others, order)
        base: Any = super()
        return base.parse_args(ctx, args)

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


def shown_name(parameter: Any) -> str:  # noqa: ANN401
    """Return an option's long name, or what an argument is called in the help."""
    long = next((name for name in parameter.opts if name.startswith("--")), None)
    return str(long or (parameter.metavar or parameter.name).strip("[]."))


def _check_words(words: Iterable[str], options: Iterable[Any]) -> None:
    """Raise ``UsageError`` for what was taken, but can't be meant.

    ``words`` are those that belong to no option, ``options`` Click's parameters as they came. An
    option that takes one value can't be given two: Click would drop the first without a word.
    """
    for word in words:
        if typed := _DASHED.fullmatch(word):
            hyphens = "-" if len(typed["name"]) == 1 else "--"
            raise UsageError(
                f"{word!r} begins with a dash that isn't a hyphen",
                hint=f"Type it: {hyphens}{typed['name']}{typed['value']}",
            )
    seen = set()
    for option in options:
        is_single = isinstance(option, TyperOption) and not (
            option.multiple or option.is_flag or option.count
        )
        if is_single and option in seen:
            raise UsageError(
                f"{shown_name(option)} is given twice, and takes one value", hint="Leave one out."
            )
        seen.add(option)
