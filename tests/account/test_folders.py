import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path

import platformdirs
import pytest

from chatapp_tail.account.folders import cache_folder, config_folder


@pytest.mark.parametrize(
    ("environment", "config", "cache"),
    [
        ({"HOME": "/home/a"}, "/home/a/.config/chatapp-tail", "/home/a/.cache/chatapp-tail"),
        (
            {"HOME": "/home/a", "XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "/d"},
            "/c/chatapp-tail",
            "/d/chatapp-tail",
        ),
        (
            {"HOME": "/home/a", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": "/d"},
            "/home/a/.config/chatapp-tail",
            "/d/chatapp-tail",
        ),
        (
            {"HOME": "/home/a", "XDG_CONFIG_HOME": "relative/c", "XDG_CACHE_HOME": "~/d"},
            "/home/a/.config/chatapp-tail",
            "/home/a/.cache/chatapp-tail",
        ),
        ({"HOME": "/"}, "/.config/chatapp-tail", "/.cache/chatapp-tail"),
    ],
)
@pytest.mark.parametrize("platform", ["linux", "freebsd14"])
def test_unix_has_folders_where_xdg_says(
    environment: Mapping[str, str], config: str, cache: str, platform: str
) -> None:
    assert config_folder(environment, platform=platform) == Path(config)
    assert cache_folder(environment, platform=platform) == Path(cache)


@pytest.mark.parametrize("home", [{}, {"HOME": ""}, {"HOME": "relative"}])
def test_without_a_home_in_the_environment_it_is_the_users(home: Mapping[str, str]) -> None:
    expected = Path(pwd.getpwuid(os.getuid()).pw_dir, ".config", "chatapp-tail")
    assert config_folder(home, platform="linux") == expected


def test_mac_takes_xdg_where_it_is_set_and_its_own_place_else() -> None:
    xdg = {"HOME": "/home/a", "XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "/d"}
    assert config_folder(xdg, platform="darwin") == Path("/c/chatapp-tail")
    assert cache_folder(xdg, platform="darwin") == Path("/d/chatapp-tail")
    own = {"HOME": "/home/a", "XDG_CONFIG_HOME": "relative"}
    assert config_folder(own, platform="darwin") == theirs_for_config()
    assert cache_folder(own, platform="darwin") == theirs_for_cache()


def test_windows_takes_its_own_place() -> None:
    environment = {"XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "/d"}
    assert config_folder(environment, platform="win32") == theirs_for_config()
    assert cache_folder(environment, platform="win32") == theirs_for_cache()


def theirs_for_config() -> Path:
    return platformdirs.user_config_path("chatapp-tail", appauthor=False)


def theirs_for_cache() -> Path:
    return platformdirs.user_cache_path("chatapp-tail", appauthor=False)


def test_the_platform_is_this_one_unless_told() -> None:
    environment = {"HOME": "/home/a"}
    assert config_folder(environment) == config_folder(environment, platform=sys.platform)
    assert cache_folder(environment) == cache_folder(environment, platform=sys.platform)
