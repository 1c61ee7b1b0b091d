"""Where this program's files live, and the configuration file: profiles of options, as TOML.

What the keys mean is defined elsewhere::

    [profile.default]
    license = 1229
    messenger = ["telegram", "grWhatsApp"]

    [profile.work]
    token-file = "work.token"       # relative to this file's folder

Source of the folders: the XDG Base Directory Specification 0.8, which also says that relative paths
in its variables are to be ignored.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from chatapp_tail.errors import UsageError

_PROGRAM = "chatapp-tail"
CONFIG_FILE = "config.toml"
DEFAULT_PROFILE = "default"
_FORM = f"""\
Options stand in a profile, like this:
  [profile.{DEFAULT_PROFILE}]
  format = "json\""""

_LARGEST_FILE = 1024 * 1024
# In lines: finding the end of a statement takes an attempt for each of its lines.
_LONGEST_STATEMENT = 200


def expanded(path: str | Path) -> Path:
    """Return the path with ``~`` expanded, which a shell doesn't do in ``--record=~/x``."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # no such user: the path stays as it is
        return Path(path)


def config_folder(environment: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the folder of ``config.toml`` and of stored logins; it may not exist."""
    return _folder("config", environment, platform)


def cache_folder(environment: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the folder of what can be fetched again; it may not exist."""
    return _folder("cache", environment, platform)


def _folder(
    kind: Literal["config", "cache"], environment: Mapping[str, str], platform: str
) -> Path:
    """Return our folder by XDG on Unix, and on macOS if the variable is set; else the system's."""
    base = environment.get(f"XDG_{kind.upper()}_HOME", "")
    if base.startswith("/") and platform != "win32":
        return Path(base, _PROGRAM)
    if platform not in ("win32", "darwin"):
        return _home(environment) / f".{kind}" / _PROGRAM
    import platformdirs  # noqa: PLC0415 (only macOS and Windows need it)

    folders = platformdirs.PlatformDirs(_PROGRAM, appauthor=False)
    return folders.user_config_path if kind == "config" else folders.user_cache_path


def _home(environment: Mapping[str, str]) -> Path:
    """Return HOME, else the home of this user id, else ``/``, which is a container's home."""
    home = environment.get("HOME", "")
    if home.startswith("/"):
        return Path(home)
    if sys.platform != "win32":
        import pwd  # noqa: PLC0415 (rarely needed)

        with suppress(KeyError):
            return Path(pwd.getpwuid(os.getuid()).pw_dir)
    return Path("/")


@dataclass(frozen=True, slots=True)
class Profile:
    """One ``[profile.NAME]``; without values if there is no such file or profile.

    ``values`` are TOML's, by key, with hyphens (``exclude-event``). They are in no repr, because a
    user may have put a secret among them.
    """

    name: str
    path: Path
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    exists: bool = False
    known_profiles: tuple[str, ...] = ()
    source: str = field(default="", repr=False)

    def origin(self, key: str) -> str:
        """Return the place of ``key`` for a sentence: ``profile night (c.toml:7)``."""
        place = _place(self.path, self.source, "profile", self.name, key)
        return f"profile {self.name} ({place})"

    def text(self, key: str) -> str | None:
        """Return a value as text; None if it isn't there, or is neither text nor a number."""
        value = self.values.get(key)
        is_text = isinstance(value, str | int) and not isinstance(value, bool)
        return str(value) if is_text else None

    @property
    def token_file(self) -> Path | None:
        """The file that ``token-file`` names: from ~, or from this file's folder."""
        name = self.text("token-file")
        return None if name is None else self.path.parent / expanded(name)


def load_profile(path: Path, name: str, *, is_required: bool) -> Profile:
    """Return the profile ``name`` of the file; ``exists`` says whether the file has it.

    ``is_required`` says whether the file must be there. Raises ``UsageError`` for a file that
    can't be read or isn't of the form above.
    """
    path = expanded(path)
    source = _read(path, is_required=is_required)
    if source is None:
        return Profile(name, path)
    profiles = _profiles(source, path)
    return Profile(
        name,
        path,
        MappingProxyType(_values(profiles.get(name, {}), source, path, name)),
        exists=name in profiles,
        known_profiles=tuple(profiles),
        source=source,
    )


def unknown_profile(profile: Profile) -> UsageError:
    """Return the error for a profile that isn't in the file."""
    known = ", ".join(profile.known_profiles)
    return UsageError(
        f"there is no profile {profile.name!r}",
        hint=f"In {profile.path} there are: {known}."
        if known
        else f"A profile is a table in {profile.path}: [profile.{profile.name}]",
        option="profile",
    )


def _read(path: Path, *, is_required: bool) -> str | None:
    """Return the file's text; None if there is no file and needn't be one."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError) as exc:
        if not is_required:
            return None
        raise UsageError(
            f"there is no configuration file {path}",
            hint="Check its name, or leave it out.",
            option="config",
        ) from exc
    except OSError as exc:
        raise UsageError(
            f"the configuration file {path} can't be read: {exc.strerror}",
            hint="Check whose it is, or name another: --config FILE",
            option="config",
        ) from exc
    if len(content) > _LARGEST_FILE:
        raise UsageError(
            f"the configuration file {path} is larger than 1 MiB",
            hint="Is it the right one?",
            option="config",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise UsageError(f"{path}:{line}: this is not UTF-8", hint="Save it as UTF-8.") from exc


def _profiles(source: str, path: Path) -> dict[str, object]:
    """Return the file's profiles by name, unchecked; nothing else may be in it."""
    tables = _parsed(source, path)
    profiles = tables.pop("profile", {})
    for key in tables:
        place = _place(path, source, key)
        raise UsageError(f"{place}: {key!r} is outside of a profile", hint=_FORM)
    if not isinstance(profiles, dict):
        place = _place(path, source, "profile")
        raise UsageError(f"{place}: profile is not a table", hint=_FORM)
    return profiles


def _values(table: object, source: str, path: Path, name: str) -> dict[str, object]:
    """Return a profile's values by key, with hyphens in the key."""
    if not isinstance(table, dict):
        place = _place(path, source, "profile", name)
        raise UsageError(f"{place}: profile.{name} is not a table", hint=_FORM)
    values: dict[str, object] = {}
    for spelled, value in table.items():
        key = _normal(spelled)
        if key in values:
            place = _place(path, source, "profile", name, key)
            raise UsageError(
                f"{place}: {key} is there twice, with a hyphen and with an underscore",
                hint="Leave one of them out.",
            )
        values[key] = value
    return values


def _parsed(source: str, path: Path) -> dict[str, object]:
    """Return the TOML tables. Raises ``UsageError``, with the line in tomllib's words."""
    import tomllib  # noqa: PLC0415 (slow import, only with a file)

    try:
        return tomllib.loads(source)
    except RecursionError as exc:
        raise UsageError(f"{path}: too many brackets within brackets", hint=_FORM) from exc
    except ValueError as exc:  # TOMLDecodeError, or Python's own for a number of 5,000 digits
        raise UsageError(f"{path}: not TOML: {exc}", hint=_FORM) from exc


def _place(path: Path, source: str, *keys: str) -> str:
    """Return ``c.toml:7``, the place that sets the last of ``keys``, each in the table before it.

    The last key may be written with underscores. A place that isn't found is the file alone.
    """
    *tables, key = keys
    for line, statement in _statements(source):
        found = statement
        for table in tables:
            found = found.get(table, {})
        if key in found or key in map(_normal, found):
            return f"{path}:{line}"
    return str(path)


def _statements(source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each statement's first line and its value, inside of the table it belongs to.

    ``source`` is valid TOML: so lines are a statement as soon as they can be parsed. Stops at a
    statement of very many lines.
    """
    import tomllib  # noqa: PLC0415 (slow import, only with a file)

    header, lines, first = "", "", 1
    for number, line in enumerate(source.split("\n"), start=1):
        lines += f"{line}\n"
        try:
            tomllib.loads(lines)
        except tomllib.TOMLDecodeError:  # a value of several lines
            if number - first > _LONGEST_STATEMENT:
                return
            continue
        if lines.lstrip().startswith("["):
            header, lines = lines, ""
        yield first, tomllib.loads(header + lines)
        lines, first = "", number + 1


def _normal(key: str) -> str:
    return key.replace("_", "-")
