"""Where this program's files live below the user's folders. Pure: nothing is created or read.

Source: the XDG Base Directory Specification 0.8, which also says that relative paths in its
variables are to be ignored.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_PROGRAM = "chatapp-tail"


def expanded(path: str | Path) -> Path:
    """Return the path with ``~`` expanded, which a shell doesn't do in ``--record=~/x``."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # no such user: the path stays as it is
        return Path(path)


def config_folder(environment: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the folder of ``config.toml`` and of stored logins; it may not exist."""
    if folder := _xdg_folder(environment, platform, "XDG_CONFIG_HOME", ".config"):
        return folder
    import platformdirs  # noqa: PLC0415 (only macOS and Windows need it)

    return platformdirs.user_config_path(_PROGRAM, appauthor=False)


def cache_folder(environment: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the folder of what can be fetched again; it may not exist."""
    if folder := _xdg_folder(environment, platform, "XDG_CACHE_HOME", ".cache"):
        return folder
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_cache_path(_PROGRAM, appauthor=False)


def _xdg_folder(
    environment: Mapping[str, str], platform: str, variable: str, default: str
) -> Path | None:
    """Return our folder where XDG rules: on Unix, on macOS if asked for, on Windows never."""
    base = environment.get(variable, "")
    if platform == "win32":
        return None
    if base.startswith("/"):
        return Path(base, _PROGRAM)
    return None if platform == "darwin" else _home(environment) / default / _PROGRAM


def _home(environment: Mapping[str, str]) -> Path:
    """Return HOME, else the home of this user id, else ``/`` as containers have it."""
    home = environment.get("HOME", "")
    if home.startswith("/"):
        return Path(home)
    if sys.platform != "win32":
        import pwd  # noqa: PLC0415 (rarely needed)

        with suppress(KeyError):
            return Path(pwd.getpwuid(os.getuid()).pw_dir)
    return Path("/")
