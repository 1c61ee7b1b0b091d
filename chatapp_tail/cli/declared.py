"""Options as their groups declare them, and values for them from elsewhere than the command line.

Such a value goes through the option's own conversion, so that ranges, choices and durations are
checked in one place and refused in the same words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, get_args

import typer


class Declared(NamedTuple):
    """One option: a field of a group. ``kind`` is its type, ``option`` what Typer is told."""

    part: Field[Any]
    kind: object
    option: typer.models.OptionInfo

    @property
    def name(self) -> str:
        """Return the field's name, which is Click's for the parameter, too."""
        return self.part.name

    @property
    def long(self) -> str:
        """Return the long name without its hyphens in front: a profile's key."""
        # Inside of Annotated, what Typer calls the default is the first of the names.
        names = map(str, (self.option.default, *(self.option.param_decls or ())))
        return next(name for name in names if name.startswith("--")).removeprefix("--")

    @property
    def variable(self) -> str | None:
        """Return the environment variable that counts as this option."""
        return self.option.envvar if isinstance(self.option.envvar, str) else None

    @property
    def is_secret(self) -> bool:
        """Return whether the value may be shown to nobody."""
        return not self.part.repr

    def default(self) -> object:
        """Return the value of an option that nobody gave."""
        if self.part.default_factory is not MISSING:
            return self.part.default_factory()
        return self.part.default


def declared(*groups: Any) -> dict[str, Declared]:  # noqa: ANN401 (dataclasses)
    """Return the options of groups, and of the groups in them, by name."""
    return {one.name: one for group in groups for one in _declared(group)}


def gather(group: Any, values: Mapping[str, object]) -> object:  # noqa: ANN401
    """Make a group, and the groups in it, from the options' values by name."""
    return group(
        **{
            part.name: gather(part.type, values) if _is_group(part) else values[part.name]
            for part in fields(group)
        }
    )


def from_text(option: Declared, text: str, ctx: typer.Context) -> object:
    """Return the value that a variable's text stands for. Raises ``ValueError`` saying why not."""
    parameter = _parameter(option, ctx)
    return _converted(option, [text] if parameter.multiple else text, ctx)


def from_toml(option: Declared, value: object, ctx: typer.Context) -> object:
    """Return the value that one of TOML stands for: text or whole numbers, true for flags.

    Raises ``ValueError`` saying why not.
    """
    parameter = _parameter(option, ctx)
    if parameter.is_flag:
        return _checked(value, isinstance(value, bool), "true or false")
    if parameter.count:
        is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return _checked(value, is_count, "a whole number")
    if parameter.multiple:
        members = value if isinstance(value, list) else [value]
        return _converted(option, [_text(one) for one in members], ctx)
    return _converted(option, _text(value), ctx)


def _declared(group: Any) -> Iterator[Declared]:  # noqa: ANN401
    for part in fields(group):
        if _is_group(part):
            yield from _declared(part.type)
        else:
            yield Declared(part, *get_args(part.type))


def _is_group(part: Field[Any]) -> bool:
    return isinstance(part.type, type) and is_dataclass(part.type)


def _parameter(option: Declared, ctx: typer.Context) -> Any:  # noqa: ANN401 (Typer's own Click)
    """Return Click's parameter: the root's, which has all of the tail's, or the command's own."""
    commands = (ctx.find_root().command, ctx.command)
    parameters = (one for command in commands for one in command.params)
    return next(one for one in parameters if one.name == option.name)


def _text(value: object) -> str:
    """Return text or a whole number as text."""
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    return str(_checked(value, is_text, "text or a whole number"))


def _checked(value: object, is_good: bool, form: str) -> object:  # noqa: FBT001
    if not is_good:
        raise ValueError(f"{_shown(value)} is not {form}")
    return value


def _shown(value: object) -> str:
    """Return a value as TOML writes it, or what kind it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value) if isinstance(value, int | float) else repr(str(value))


def _converted(option: Declared, raw: object, ctx: typer.Context) -> object:
    """Convert as Click does, then as Typer does on the way to a command: to enums and paths."""
    try:
        value = _parameter(option, ctx).type_cast_value(ctx, raw)
    except typer.BadParameter as exc:
        raise ValueError(exc.message.rstrip(".")) from exc
    if isinstance(value, tuple):
        return list(value)
    for kind in (option.kind, *get_args(option.kind)):
        if isinstance(kind, type) and issubclass(kind, Enum | Path):
            return kind(value)
    return value
