"""What a profile's keys mean: options by their long names, and who logs in."""

from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

import typer

from chatapp_tail.account.config import Profile
from chatapp_tail.cli.declared import declared, from_toml
from chatapp_tail.cli.options import TailOptions
from chatapp_tail.errors import UsageError

_OPTIONS = {option.long: option for option in declared(TailOptions).values()}
# Keys for the token and the login, which are no options of the tail.
_TEXTS = frozenset({"token-file", "email", "app-id"})
_REFUSED: Final = MappingProxyType(
    {
        "token": 'A token has a file of its own: token-file = "token.txt". '
        "Or store a login: chatapp-tail login",
        "password": "chatapp-tail login asks for it, and doesn't store it.",
        "config": "--config or CHATAPP_TAIL_CONFIG name the file.",
        "profile": "--profile or CHATAPP_TAIL_PROFILE choose the profile.",
    }
)


def profile_values(profile: Profile, ctx: typer.Context) -> dict[str, tuple[object, str]]:
    """Return the options' values in a profile, and where each stands, by option name.

    Every key is checked, also of options that the running command doesn't have. Raises
    ``UsageError`` with the file, the line and the key.
    """
    values = {}
    for key, value in profile.values.items():
        _check_key(profile, key)
        if key in _TEXTS:
            _check_text(profile, key)
            continue
        option = _OPTIONS[key]
        try:
            values[option.name] = from_toml(option, value, ctx), profile.origin(key)
        except ValueError as exc:
            raise UsageError(
                f"{profile.origin(key)}: {key}: {exc}", hint=f"See --{key} in: chatapp-tail --help"
            ) from exc
    return values


def _check_key(profile: Profile, key: str) -> None:
    if key in _REFUSED:
        message = f"{profile.origin(key)}: {key} doesn't belong into a profile"
        raise UsageError(message, hint=_REFUSED[key])
    known = _OPTIONS.keys() | _TEXTS
    if key not in known:
        near = get_close_matches(key, sorted(known - _REFUSED.keys()), n=1)
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
            hint=f'Its form is text in quotes: {key} = "..."',
        )
