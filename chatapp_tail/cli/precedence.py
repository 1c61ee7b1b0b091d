"""Where each option's value comes from: command line > variable > profile > default.

An error of a value names what the user wrote to give it, also where the value is found wrong only
later: ``blaming`` adds it to a ``UsageError`` that names the option.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from chatapp_tail.account.config import (
    CONFIG_FILE,
    DEFAULT_PROFILE,
    Profile,
    config_folder,
    load_profile,
)
from chatapp_tail.cli.option import Option, Raw
from chatapp_tail.cli.options import ChannelOptions, ProfileOptions, TailOptions
from chatapp_tail.errors import UsageError

COMMAND_LINE = "command line"

_SEE_HELP = "See: chatapp-tail --help"
# Stands for channels that are named by arguments.
SPECS = "specs"
_CHANNELS = frozenset(ChannelOptions.options())
# Keys of a profile for the token and the login, which are no options of the tail.
_TEXTS = frozenset({"token-file", "email", "app-id"})
_REFUSED: Final = MappingProxyType(
    {
        "token": 'Put the token into a file, and name that: token-file = "token.txt". '
        "Or store a login: chatapp-tail login",
        "password": "chatapp-tail login asks for it, and doesn't store it.",
        "config": "Name the file with --config or CHATAPP_TAIL_CONFIG.",
        "profile": "Choose the profile with --profile or CHATAPP_TAIL_PROFILE.",
    }
)


_FORMAT = frozenset({"format", "json"})
_LOUDNESS = frozenset({"quiet", "verbose"})
# Options that are decided together: where one of the first set is given, variables and profiles are
# ignored for the second.
_FAMILIES = (
    (_FORMAT, _FORMAT),
    (_LOUDNESS, _LOUDNESS),
    # To take a share of the profile's channels isn't to name others.
    (_CHANNELS - {"shard"} | {SPECS}, _CHANNELS),
)


class Given(NamedTuple):
    """What stands for an option, and where: command line, a variable, or a line of a profile."""

    option: Option
    raw: Raw
    origin: str

    @property
    def written(self) -> str:
        """What the user wrote to give the value."""
        if self.origin == COMMAND_LINE:
            return self.option.long
        if self.origin == self.option.variable:
            return self.origin
        return f"{self.origin}: {self.option.key}"

    @property
    def shown(self) -> str:
        """The value as it was given; for a flag nothing, and no secret."""
        if self.option.is_secret:
            return f"{self.option.long} given"
        match self.raw:
            case bool():
                return self.option.long
            case int(number):
                return f"{self.option.long} {number}"
            case texts:
                return f"{self.option.long} {','.join(texts)}"

    def value(self, hint: str = _SEE_HELP) -> object:
        """Return the value. Raises ``UsageError`` that names what was written."""
        try:
            return self.option.value(self.raw)
        except UsageError as exc:
            raise UsageError(f"{self.written}: {exc.message}", hint=exc.hint or hint) from exc
        except ValueError as exc:
            raise UsageError(f"{self.written}: {exc}", hint=hint) from exc


class Chosen(NamedTuple):
    """The values of a command's options by name, and what was given for them.

    ``profile`` is an empty one for a command that the configuration file doesn't count for.
    """

    values: Mapping[str, object]
    given: tuple[Given, ...]
    profile: Profile = Profile(DEFAULT_PROFILE, Path(CONFIG_FILE))

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each value that isn't at its default with its origin; no secrets."""
        return tuple(f"option {one.shown}: {one.origin}" for one in self._changing)

    @property
    def written(self) -> Mapping[str, str]:
        """What the user wrote to give a value that isn't at its default, by the option's key."""
        return {one.option.key: one.written for one in self._changing}

    @property
    def _changing(self) -> list[Given]:
        return [one for one in self.given if self.values[one.option.name] != one.option.default]


def settle(
    options: Mapping[str, Option],
    line: Mapping[str, Raw],
    environment: Mapping[str, str],
    *,
    has_specs: bool = False,
    hint: str = _SEE_HELP,
) -> Chosen:
    """Return the value of each of ``options``, of which the command line gives ``line``.

    The profile counts if there is an option for it; ``has_specs`` says that arguments name
    channels, ``hint`` what to do about a wrong value. Raises ``UsageError``.
    """
    named = {SPECS} if has_specs else set()
    given = {name: Given(options[name], raw, COMMAND_LINE) for name, raw in line.items()}
    given |= _of_variables(options.values(), environment, _decided({*given, *named}))
    values = {name: one.value(hint) for name, one in given.items()}
    defaults = {name: option.default for name, option in options.items()}
    if not ProfileOptions.options().keys() <= options.keys():
        return Chosen(defaults | values, tuple(given.values()))
    with blaming(given.values()):
        profile = _profile(values, environment)
    decided = _decided({*given, *named})
    for one, value in _of_profile(profile):
        name = one.option.name
        if name in options and name not in decided:
            given[name], values[name] = one, value
    return Chosen(defaults | values, tuple(given.values()), profile)


@contextmanager
def blaming(given: Iterable[Given]) -> Iterator[None]:
    """Add to a ``UsageError`` about an option what the user wrote to give its value."""
    try:
        yield
    except UsageError as error:
        for one in given:
            if one.option.key == error.option:
                message = f"{one.written}: {error.message}"
                raise UsageError(message, hint=error.hint) from error
        raise


def _decided(given: Collection[str]) -> set[str]:
    """Return the options that a variable or profile can't set any more, once ``given`` are."""
    families = (every for deciding, every in _FAMILIES if not deciding.isdisjoint(given))
    return set(given).union(*families)


def _of_variables(
    options: Iterable[Option], environment: Mapping[str, str], decided: Collection[str]
) -> dict[str, Given]:
    """Return what variables give; an empty one counts as unset."""
    return {
        option.name: Given(option, (text,), option.variable)
        for option in options
        if option.name not in decided and (text := environment.get(option.variable))
    }


def _profile(values: Mapping[str, object], environment: Mapping[str, str]) -> Profile:
    """Read the profile that the command line or the environment names."""
    name, path = values.get("profile"), values.get("config")
    return load_profile(
        path if isinstance(path, Path) else config_folder(environment) / CONFIG_FILE,
        name if isinstance(name, str) else DEFAULT_PROFILE,
        is_required=path is not None,
    )


def _of_profile(profile: Profile) -> Iterator[tuple[Given, object]]:
    """Yield what a profile gives, and the value.

    Every key is checked, also of options that the running command doesn't have. Raises
    ``UsageError`` with the file, the line and the key.
    """
    for key, value in profile.values.items():
        option = _option_of_key(profile, key)
        if option is None:
            _check_text(profile, key)
            continue
        origin = profile.origin(key)
        try:
            given = Given(option, option.raw_of_toml(value), origin)
        except ValueError as exc:
            raise UsageError(f"{origin}: {key}: {exc}", hint=_SEE_HELP) from exc
        yield given, given.value()


@cache
def _options_by_key() -> Mapping[str, Option]:
    return {option.key: option for option in TailOptions.options().values()}


def _option_of_key(profile: Profile, key: str) -> Option | None:
    """Return a key's option, None for one of ``_TEXTS``. Raises ``UsageError`` for others."""
    if key in _REFUSED:
        message = f"{profile.origin(key)}: a profile can't hold {key}"
        raise UsageError(message, hint=_REFUSED[key])
    known = _options_by_key()
    if key in known or key in _TEXTS:
        return known.get(key)
    near = get_close_matches(key, sorted({*known, *_TEXTS} - _REFUSED.keys()), n=1)
    raise UsageError(
        f"{profile.origin(key)}: there is no option {key!r}",
        hint=f"Did you mean {near[0]}?"
        if near
        else "A key is an option's long name; see: chatapp-tail --help",
    )


def _check_text(profile: Profile, key: str) -> None:
    text = profile.text(key)
    if not text:
        fault = "this is not text" if text is None else "this is empty"
        raise UsageError(
            f"{profile.origin(key)}: {key}: {fault}",
            hint=f'Write it as text in quotes: {key} = "..."',
        )
