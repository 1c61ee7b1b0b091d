"""Where each option's value comes from: flag > environment > profile > default, decided here.

A command declares option groups as parameters, and ``takes`` spreads them into options. What the
root is given before the command word (``--json demo``) ``remembers`` keeps, and it counts as given
after it. Click isn't told of the variables: it would read them for the root and for the command
apart from each other, and refuse a wrong one although a flag overrules it.
"""

import copy
import inspect
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import typer

from chatapp_tail.account.config import CONFIG_FILE, DEFAULT_PROFILE, Profile, load_profile
from chatapp_tail.account.folders import config_folder
from chatapp_tail.cli.conversions import UNSET
from chatapp_tail.cli.declared import Declared, declared, from_text, gather
from chatapp_tail.cli.options import ChannelOptions, ProfileOptions
from chatapp_tail.cli.profile_keys import profile_values
from chatapp_tail.errors import UsageError

COMMAND_LINE = "command line"

F = TypeVar("F", bound=Callable[..., object])
Options = Mapping[str, Declared]

_SEE_HELP = "See: chatapp-tail --help"
_BEFORE = f"{__name__}.before"
_CHOSEN = f"{__name__}.chosen"
# A positional parameter of this name names channels.
_SPECS = "specs"
_CHANNELS = frozenset(declared(ChannelOptions))


class _Family(NamedTuple):
    """Options that mean something together: whoever gives one of ``deciding`` gives ``all``."""

    deciding: frozenset[str]
    all: frozenset[str]


_FORMAT = frozenset({"format", "json"})
_LOUDNESS = frozenset({"quiet", "verbose"})
_FAMILIES = (
    _Family(_FORMAT, _FORMAT),
    _Family(_LOUDNESS, _LOUDNESS),
    # To take a share of the profile's channels isn't to name others.
    _Family(_CHANNELS - {"shard"} | {_SPECS}, _CHANNELS),
)


class _Given(NamedTuple):
    """A value, and who gave it: the command line, a variable, or a line of a profile."""

    value: object
    origin: str

    def names(self, option: Declared) -> str:
        """Return what the user wrote to give the value."""
        if self.origin == COMMAND_LINE:
            return f"--{option.long}"
        return self.origin if self.origin == option.variable else f"{self.origin}: {option.long}"


Layer = dict[str, _Given]


class Chosen(NamedTuple):
    """The profile of this run, and where the values come from that aren't defaults.

    ``origins`` are by option name; ``sentences`` say the same with the values, but no secrets.
    ``written`` is what the user wrote to give a value, by the option's long name.
    """

    profile: Profile
    origins: Mapping[str, str]
    sentences: tuple[str, ...]
    written: Mapping[str, str]


def chosen(ctx: typer.Context) -> Chosen:
    """Return what was chosen for the running command, which must take ``ProfileOptions``."""
    found: Chosen = ctx.meta[_CHOSEN]
    return found


def takes(command: F) -> F:
    """Spread the option groups among ``command``'s parameters into options, and gather them again.

    ``command`` must have a parameter ``ctx: typer.Context``; other parameters stay as they are, and
    one called ``specs`` names channels. With ``ProfileOptions`` among the groups the configuration
    file counts, and ``chosen`` has it.
    """
    signature = inspect.signature(command)
    groups = {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if is_dataclass(parameter.annotation)
    }
    options = declared(*groups.values())

    def gathering(**values: Any) -> object:  # noqa: ANN401
        ctx: typer.Context = values["ctx"]
        given = _from_command_line(ctx, options, {name: values.pop(name) for name in options})
        layer = _layered(ctx, options, given, has_profile=ProfileOptions in groups.values())
        with _blaming(options, layer):
            _check_not_empty(options, layer)
            settled = {
                name: layer[name].value if name in layer else option.default()
                for name, option in options.items()
            }
            gathered = {name: gather(group, settled) for name, group in groups.items()}
            return command(**values, **gathered)

    return _with_options(command, gathering, options)


def remembers(*groups: type) -> Callable[[F], F]:
    """Give the root the options of ``groups``, and keep their values for the command that follows.

    The root must have a parameter ``ctx: typer.Context``. An option that the command doesn't have
    is a ``UsageError``.
    """
    options = declared(*groups)

    def decorate(root: F) -> F:
        def remembering(**values: Any) -> object:  # noqa: ANN401
            ctx: typer.Context = values["ctx"]
            given = _from_command_line(ctx, options, {name: values.pop(name) for name in options})
            _check_place(ctx, options, given)
            ctx.meta[_BEFORE] = {name: one.value for name, one in given.items()}
            return root(**values)

        return _with_options(root, remembering, options)

    return decorate


def _with_options(command: F, wrapper: Callable[..., object], options: Options) -> F:
    """Make ``wrapper`` look to Typer like ``command``, with options in place of groups."""
    signature = inspect.signature(command)
    kept = [one for one in signature.parameters.values() if not is_dataclass(one.annotation)]
    parameters = [*kept, *map(_parameter, options.values())]
    wrapper.__name__ = command.__name__
    wrapper.__doc__ = command.__doc__
    wrapper.__annotations__ = {one.name: one.annotation for one in parameters}
    wrapper.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=sorted(parameters, key=lambda one: one.kind)
    )
    return wrapper  # type: ignore[return-value]


def _parameter(option: Declared) -> inspect.Parameter:
    """Return the option for Typer, its variable only in the help."""
    told = copy.copy(option.option)
    if option.variable:
        told.help, told.envvar = f"{told.help} [env: {option.variable}]", None
    default = option.default()
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None if isinstance(default, list) else default,
        annotation=Annotated[option.kind, told],
    )


def _check_place(ctx: typer.Context, options: Options, given: Collection[str]) -> None:
    """Raise ``UsageError`` for an option before the word of a command that doesn't have it."""
    word = ctx.invoked_subcommand
    if word is None:
        return
    group: Any = ctx.command
    known = {parameter.name for parameter in group.get_command(ctx, word).params}
    if strange := [f"--{options[name].long}" for name in given if name not in known]:
        raise UsageError(
            f"{word} doesn't take {', '.join(strange)}", hint=f"See: chatapp-tail {word} --help"
        )


def _from_command_line(ctx: typer.Context, options: Options, values: Mapping[str, object]) -> Layer:
    """Return what was given before and after the command word; lists and counts (-v) add up."""
    before: Mapping[str, object] = ctx.meta.get(_BEFORE, {})
    merged = {name: before[name] for name in options if name in before}
    for name, value in values.items():
        source = ctx.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        earlier = merged.get(name)
        if isinstance(value, list | tuple):
            merged[name] = [*(earlier if isinstance(earlier, list) else ()), *value]
        elif options[name].option.count and isinstance(earlier, int) and isinstance(value, int):
            merged[name] = earlier + value
        else:
            merged[name] = value
    return {name: _Given(value, COMMAND_LINE) for name, value in merged.items()}


@contextmanager
def _blaming(options: Options, layer: Layer) -> Iterator[None]:
    """Say of an error of one option's value where the value comes from."""
    try:
        yield
    except UsageError as error:
        for name, option in options.items():
            if option.long == error.option and name in layer:
                message = f"{layer[name].names(option)}: {error.message}"
                raise UsageError(message, hint=error.hint) from error
        raise


def _check_not_empty(options: Options, layer: Layer) -> None:
    """Raise ``UsageError`` for an empty text, which a shell makes of a variable that isn't set.

    It would be taken for no value at all, and so for "everything".
    """
    for name, given in layer.items():
        values = given.value if isinstance(given.value, list) else [given.value]
        if any(value == "" for value in values):
            raise UsageError(
                "the value is empty",
                hint=UNSET,
                option=options[name].long,
            )


def _layered(ctx: typer.Context, options: Options, given: Layer, *, has_profile: bool) -> Layer:
    """Return what is given for each option; keep what was chosen if there is a profile."""
    named = {_SPECS} if ctx.params.get(_SPECS) else set()
    layer = given | _from_environment(ctx, options, _decided({*given, *named}))
    if has_profile:
        with _blaming(options, layer):
            profile = _profile(layer)
        layer = _from_profile(ctx, profile, _decided({*layer, *named})) | layer
        ctx.meta[_CHOSEN] = _chosen(options, profile, layer)
    return {name: layer[name] for name in options if name in layer}


def _decided(given: Collection[str]) -> set[str]:
    """Return the options about which lower layers have no say, where ``given`` are given."""
    families = (family.all for family in _FAMILIES if not family.deciding.isdisjoint(given))
    return set(given).union(*families)


def _from_environment(ctx: typer.Context, options: Options, decided: Collection[str]) -> Layer:
    """Return what variables give; an empty one counts as unset."""
    layer = {}
    for name, option in options.items():
        variable = option.variable
        text = os.environ.get(variable) if variable and name not in decided else None
        if variable and text:
            try:
                layer[name] = _Given(from_text(option, text, ctx), variable)
            except ValueError as exc:
                raise UsageError(f"{variable}: {exc}", hint=_SEE_HELP) from exc
    return layer


def _profile(layer: Layer) -> Profile:
    """Read the profile that the layers above it name."""
    name, path = (layer[key].value if key in layer else None for key in ("profile", "config"))
    return load_profile(
        path if isinstance(path, Path) else config_folder(os.environ) / CONFIG_FILE,
        name if isinstance(name, str) else DEFAULT_PROFILE,
        is_required=path is not None,
    )


def _from_profile(ctx: typer.Context, profile: Profile, decided: Collection[str]) -> Layer:
    values = profile_values(profile, ctx)
    return {name: _Given(*given) for name, given in values.items() if name not in decided}


def _chosen(options: Options, profile: Profile, layer: Layer) -> Chosen:
    told = {
        name: layer[name]
        for name, option in options.items()
        if name in layer and layer[name].value != option.default()
    }
    return Chosen(
        profile,
        {name: one.origin for name, one in told.items()},
        tuple(
            f"option --{options[name].long}{_shown(options[name], one.value)}: {one.origin}"
            for name, one in told.items()
        ),
        {options[name].long: one.names(options[name]) for name, one in told.items()},
    )


def _shown(option: Declared, value: object) -> str:
    """Return a value as it could be given again, with a space before it; nothing for a flag."""
    if option.is_secret:
        return " given"
    match value:
        case bool():
            return ""
        case float():
            return f" {value:.15g}s"
        case list():
            return f" {','.join(map(str, value))}"
        case _:
            return f" {value}"
