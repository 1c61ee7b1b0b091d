"""One option as a value: the parser, profiles, help, manual, reference and completion read it.

An option is a field of a ``Group``. The field's name is the long name, its type says whether the
option is a flag or may be repeated, and the rest is given to ``option``::

    class FilterOptions(Group, panel=FILTERS):
        event: Words = option("Only this event.", "-e NAME", completes="events")
        strict: bool = option("End at the first refused channel.")
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from types import SimpleNamespace
from typing import (
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    ParamSpec,
    Self,
    dataclass_transform,
    get_args,
    get_origin,
)

from chatapp_tail.cli.conversions import UNSET, choice
from chatapp_tail.errors import UsageError

P = ParamSpec("P")

# What stands on the command line, in a variable or in a profile: the texts of an option that takes
# a value, true for a flag, how often for a count.
Raw = tuple[str, ...] | bool | int
# What TAB offers as a value: a kind that completion knows, or the words themselves.
Completes = Literal["", "events", "files", "messengers", "profiles", "specs"] | tuple[str, ...]

# The panel of options that are a command's own; it comes first.
OPTIONS = "Options"


class Option(NamedTuple):
    """One option. ``form`` is its short name and what its value is called: ``-l N``.

    Each may be missing; a flag and a count (``-vv``) take no value.

    ``read`` converts one text, and raises ``ValueError`` or ``UsageError``. ``default`` is the
    value without any text, ``shown_default`` what help says of it. ``variable`` is the environment
    variable that counts as the option; ``token_variables`` are read by ``account.tokens``. The
    last four fields follow from the declaration's place, name and type.
    """

    help: str
    form: str = ""
    read: Callable[[str], object] = str
    default: object = None
    shown_default: str = ""
    variable: str = ""
    token_variables: tuple[str, ...] = ()
    completes: Completes = ""
    is_comma_list: bool = False
    is_secret: bool = False
    panel: str = ""
    name: str = ""
    repeats: bool = False
    is_count: bool = False

    @property
    def short(self) -> str:
        """The short name, empty if there is none."""
        return self.form.partition(" ")[0] if self.form.startswith("-") else ""

    @property
    def metavar(self) -> str:
        """What the value is called, empty if it takes none."""
        return self.form.removeprefix(self.short).lstrip()

    @property
    def key(self) -> str:
        """The key in a profile: the long name without hyphens before it."""
        return self.name.replace("_", "-")

    @property
    def long(self) -> str:
        """The long name as it is typed."""
        return f"--{self.key}"

    @property
    def names(self) -> tuple[str, ...]:
        """All names as they are typed, the short one first."""
        return (self.short, self.long) if self.short else (self.long,)

    @property
    def usage(self) -> str:
        """The long name with its value."""
        return f"{self.long} {self.metavar}".rstrip()

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that stand for it."""
        return (self.variable,) if self.variable else self.token_variables

    def value(self, raw: Raw) -> object:
        """Return the value. Raises ``ValueError`` or ``UsageError`` without the option's name."""
        if not isinstance(raw, tuple):
            return raw
        if "" in raw:  # a shell makes this of a variable that isn't set; it must not mean "all"
            raise UsageError("the value is empty", hint=UNSET)
        if self.repeats:
            members = self._members(raw) if self.is_comma_list else raw
            return tuple(map(self.read, members))
        if len(raw) > 1:
            raise UsageError(
                "this takes one value, but was given more than one", hint="Give it once."
            )
        return self.read(raw[0])

    def raw_of_toml(self, value: object) -> Raw:
        """Return what a profile's value stands for. Raises ``ValueError``."""
        if self.is_count:
            if type(value) is int and value >= 0:
                return value
            raise ValueError(f"{_shown(value)} is not a whole number")
        if not self.metavar:
            if isinstance(value, bool):
                return value
            raise ValueError(f"{_shown(value)} is not true or false")
        members = value if self.repeats and isinstance(value, list) else [value]
        for one in members:
            if type(one) not in (str, int):
                raise ValueError(f"{_shown(one)} is not text or a whole number")
        return tuple(map(str, members))

    def _members(self, texts: tuple[str, ...]) -> Iterator[str]:
        """Yield the members of comma lists. Raises ``UsageError`` for a list of nothing."""
        for text in texts:
            found = [part.strip() for part in text.split(",") if part.strip()]
            if not found:
                raise UsageError(f"{text!r} is an empty list", hint=UNSET)
            yield from found


def _as_default(make: Callable[P, Option]) -> Callable[P, Any]:
    """Return ``make`` for type checkers to take as the default of a field, as with dataclasses."""
    return make


# Declares an option: the default of a group's field.
option = _as_default(Option)


class Argument(NamedTuple):
    """A positional argument, passed to its command as ``name``; with ``repeats`` the last one."""

    name: str
    metavar: str
    help: str
    read: Callable[[str], object] = str
    completes: Completes = ""
    is_required: bool = False
    repeats: bool = False


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Group(SimpleNamespace):
    """Options that a command takes together: each field is an option, or a group again.

    It is frozen for type checkers only, and makes no code as dataclasses do: all groups are
    made at each start.
    """

    declared: ClassVar[Mapping[str, "Option | Group"]] = {}

    def __init_subclass__(cls, *, panel: str = OPTIONS) -> None:
        """Add to each option what its field says."""
        own: dict[str, Option | Group] = {}
        for name, kind in cls.__annotations__.items():
            field = getattr(cls, name)
            own[name] = _completed(field, name, kind, panel) if isinstance(field, Option) else field
        cls.declared = {**cls.declared, **own}

    def __init__(self, **values: object) -> None:
        for name, one in self.declared.items():
            default = one.default if isinstance(one, Option) else one
            setattr(self, name, values.get(name, default))

    def __repr__(self) -> str:
        shown = (
            f"{name}={getattr(self, name)!r}"
            for name, one in self.declared.items()
            if not getattr(one, "is_secret", False)
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Return the options of this group, and of the groups in it, by name."""
        found: dict[str, Option] = {}
        for name, one in cls.declared.items():
            found |= {name: one} if isinstance(one, Option) else type(one).options()
        return found

    @classmethod
    def gather(cls, values: Mapping[str, object]) -> Self:
        """Make the group, and those in it, from the options' values by name."""
        return cls(
            **{
                name: values[name] if isinstance(one, Option) else type(one).gather(values)
                for name, one in cls.declared.items()
            }
        )


def _completed(option: Option, name: str, kind: object, panel: str) -> Option:
    """Return the option with what its field's name and type say."""
    option = option._replace(name=name, panel=option.panel or panel)
    if get_origin(kind) is tuple:
        is_list = option.is_comma_list or get_args(kind)[0] is str
        return option._replace(repeats=True, default=(), is_comma_list=is_list)
    if kind is bool:
        return option._replace(default=False)
    if kind is int and not option.metavar:
        return option._replace(is_count=True, default=0)
    for one in get_args(kind) or (kind,):
        if isinstance(one, type) and issubclass(one, StrEnum):
            option = option._replace(read=choice(one), completes=tuple(one))
    is_said = option.default is not None and not option.shown_default
    return option._replace(shown_default=str(option.default)) if is_said else option


def _shown(value: object) -> str:
    """Return a value as TOML writes it, or what kind it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value) if isinstance(value, int | float) else repr(str(value))
