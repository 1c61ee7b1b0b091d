import os
import pwd
from collections.abc import Mapping
from pathlib import Path

import platformdirs
import pytest

from chatapp_tail.account.config import (
    Profile,
    cache_folder,
    config_folder,
    load_profile,
    unknown_profile,
)
from chatapp_tail.errors import UsageError

WORK = """\
# A comment, and a line that looks like a key:
# format = "raw"
[profile.default]
format = "plain"

[profile.work]
license = 1229
messenger = [
  "telegram",
  # format = "no"
  "grWhatsApp",
]
note = \"\"\"
exclude_event = "in a text"
\"\"\"
exclude_event = "chatRead"
connect-timeout = "5s"
full = true
token-file = "work.token"
app-id = 42

[profile.other]
count = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(WORK, encoding="utf-8")
    return path


def loaded(tmp_path: Path, content: str | bytes) -> Profile:
    path = tmp_path / "config.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_profile(path, "default", is_required=True)


def test_profile_has_its_values_with_hyphens_in_the_keys(file: Path) -> None:
    profile = load_profile(file, "work", is_required=True)
    assert (profile.name, profile.path, profile.exists) == ("work", file, True)
    assert profile.known_profiles == ("default", "work", "other")
    assert profile.values == {
        "license": 1229,
        "messenger": ["telegram", "grWhatsApp"],
        "note": 'exclude_event = "in a text"\n',
        "exclude-event": "chatRead",
        "connect-timeout": "5s",
        "full": True,
        "token-file": "work.token",
        "app-id": 42,
    }


def test_missing_profile_is_empty_and_lists_the_others(file: Path) -> None:
    profile = load_profile(file, "absent", is_required=True)
    assert (profile.exists, profile.values) == (False, {})
    assert profile.known_profiles == ("default", "work", "other")


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("license", 7),
        ("messenger", 8),
        ("note", 13),
        ("exclude-event", 16),
        ("connect-timeout", 17),
        ("app-id", 20),
        ("format", None),
        ("count", None),
    ],
)
def test_line_of_a_key_is_where_its_statement_begins(
    file: Path, key: str, line: int | None
) -> None:
    place = str(file) if line is None else f"{file}:{line}"
    assert load_profile(file, "work", is_required=True).origin(key) == f"profile work ({place})"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('profile.default.format = "raw"', 1),
        ('\n[profile]\n\ndefault.format = "raw"', 4),
        ('[profile]\ndefault = { full = true, format = "raw" }', 2),
        ('["profile"."default"]\n"format" = "raw"', 2),
        ('[profile.work]\nformat = "raw"\n[profile.default]\r\nformat = "raw"\r\n', 4),
        ("[profile.default]\nformat = '''\n[profile.default]\n'''", 2),
        ("[profile.default.format]\nx = 1", 1),
        ('[profile.default]\nfull = true # \u2028\nformat = "raw"', 3),
    ],
)
def test_line_is_found_however_the_key_is_written(tmp_path: Path, content: str, line: int) -> None:
    profile = loaded(tmp_path, content)
    assert profile.origin("format") == f"profile default ({tmp_path}/config.toml:{line})"


def test_search_for_a_line_gives_up_in_a_statement_of_very_many(tmp_path: Path) -> None:
    profile = loaded(tmp_path, "[profile.default]\nx = [" + "1,\n" * 50_000 + "]\ny = 1")
    assert profile.origin("y") == f"profile default ({tmp_path}/config.toml)"


def test_text_of_a_value_is_that_of_text_and_numbers(file: Path) -> None:
    text = load_profile(file, "work", is_required=True).text
    assert [text("token-file"), text("app-id")] == ["work.token", "42"]
    assert [text("full"), text("messenger"), text("absent")] == [None, None, None]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("work.token", "FOLDER/work.token"),
        ("/run/secrets/token", "/run/secrets/token"),
        ("~/token", str(Path.home() / "token")),
        ("~no-such-user/token", "FOLDER/~no-such-user/token"),
    ],
)
def test_token_file_is_relative_to_the_configuration_file_or_from_home(
    tmp_path: Path, name: str, path: str
) -> None:
    profile = loaded(tmp_path, f'[profile.default]\ntoken-file = "{name}"')
    assert profile.token_file == Path(path.replace("FOLDER", str(tmp_path)))
    assert loaded(tmp_path, "").token_file is None


def test_file_that_need_not_be_there_may_be_absent(tmp_path: Path, file: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path / "absent" / "config.toml", file / "x.toml"):
        assert load_profile(path, "work", is_required=False) == Profile("work", path)


def test_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^there is no configuration file .*absent\.toml$"):
        load_profile(tmp_path / "absent.toml", "default", is_required=True)


def test_folder_in_place_of_the_file_cannot_be_read(tmp_path: Path) -> None:
    for is_required in (True, False):
        with pytest.raises(UsageError, match=r"can't be read: Is a directory$"):
            load_profile(tmp_path, "default", is_required=is_required)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_of_somebody_else_cannot_be_read(file: Path) -> None:
    file.chmod(0)
    with pytest.raises(UsageError, match=r"can't be read: Permission denied$"):
        load_profile(file, "default", is_required=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n\nformat = raw", "…/config.toml: not TOML: Invalid value (at line 3, column 10)"),
        ("[profile.a]\nx = [\n", "…/config.toml: not TOML: Invalid value (at end of document)"),
        ("a = 1" + "0" * 5_000, "…/config.toml: not TOML: Exceeds the limit (4300 digits)"),
        ("a = " + "[" * 20_000, "…/config.toml: too many brackets within brackets"),
        (b"[profile.a]\nx = '\xff'", "…/config.toml:2: this is not UTF-8"),
        ("x" * 1_048_577, "the configuration file …/config.toml is larger than 1 MiB"),
        ("[profile.a]\n[work]\n", "…/config.toml:2: 'work' is outside of a profile"),
        ('\nformat = "raw"', "…/config.toml:2: 'format' is outside of a profile"),
        ("profile = 3", "…/config.toml:1: profile is not a table"),
        ("[[profile]]", "…/config.toml:1: profile is not a table"),
        ("[profile]\ndefault = 3", "…/config.toml:2: profile.default is not a table"),
        ("[[profile.default]]", "…/config.toml:1: profile.default is not a table"),
        (
            "[profile.default]\nexclude-event = 1\nexclude_event = 2",
            "…/config.toml:2: exclude-event is there twice, with a hyphen and with an under",
        ),
    ],
    ids=range(13),
)
def test_file_of_another_form_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        loaded(tmp_path, content)
    assert refused.value.message.replace(str(tmp_path), "…")[: len(message)] == message


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf[profile.default]",
        b"[profile.default]\n#".ljust(1_048_576, b"x"),
        b"[profile]\nwork = 3\n[profile.default]",
    ],
    ids=["byte order mark", "1 MiB", "other profile of another form"],
)
def test_file_of_an_unusual_form_is_read(tmp_path: Path, content: bytes) -> None:
    assert loaded(tmp_path, content).exists


def test_values_are_not_shown_because_they_may_hold_a_secret(tmp_path: Path) -> None:
    profile = loaded(tmp_path, '[profile.default]\ntoken = "secret"')
    assert "secret" not in repr(profile)


def test_unknown_profile_is_named_with_those_that_the_file_has(file: Path) -> None:
    absent = load_profile(file, "absent", is_required=True)
    error = unknown_profile(absent)
    assert error.message == "there is no profile 'absent'"
    assert error.hint == f"In {file} there are: default, work, other."
    nowhere = load_profile(file.parent / "none.toml", "work", is_required=False)
    assert unknown_profile(nowhere).hint == (
        f"A profile is a table in {file.parent}/none.toml: [profile.work]"
    )


# Folders

THEIR_CONFIG = platformdirs.user_config_path("chatapp-tail", appauthor=False)
THEIR_CACHE = platformdirs.user_cache_path("chatapp-tail", appauthor=False)


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
def test_home_is_the_users_where_the_environment_has_none(home: Mapping[str, str]) -> None:
    expected = Path(pwd.getpwuid(os.getuid()).pw_dir, ".config", "chatapp-tail")
    assert config_folder(home, platform="linux") == expected


def test_macos_uses_xdg_where_it_is_set_and_its_own_folders_else() -> None:
    xdg = {"HOME": "/home/a", "XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "relative"}
    assert config_folder(xdg, platform="darwin") == Path("/c/chatapp-tail")
    assert cache_folder(xdg, platform="darwin") == THEIR_CACHE


def test_windows_uses_its_own_folders() -> None:
    environment = {"XDG_CONFIG_HOME": "/c"}
    assert config_folder(environment, platform="win32") == THEIR_CONFIG
    assert cache_folder(environment, platform="win32") == THEIR_CACHE
