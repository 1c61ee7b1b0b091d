"""Profiles, the environment and the command line together: who decides, and what is said of it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.events import samples
from chatapp_tail.cli.precedence import Chosen
from chatapp_tail.errors import UsageError
from chatapp_tail.output import OutputFormat
from chatapp_tail.sharding import Shard
from tests.cli.given import settled
from tests.cli.running import CHANNEL
from tests.support.cli_here import run_here
from tests.support.cli_process import CLI, clean_environment
from tests.support.emulated import Emulator

USER = parse_spec("user/685")


def program(
    tmp_path: Path,
    keys: str,
    *words: str,
    command: str = "tail",
    environment: Mapping[str, str] | None = None,
) -> Chosen:
    """Return what a command gets from words, variables, and a default profile with ``keys``."""
    config = tmp_path / "config.toml"
    config.write_text(f"[profile.default]\n{keys}\n", encoding="utf-8")
    return settled(command, "--config", str(config), *words, environment=environment)


def test_profile_gives_options_of_each_kind(tmp_path: Path) -> None:
    values = program(
        tmp_path,
        """
        license = [1229, "1230,1231"]
        user = 685
        channel = ["user/685", "1229/*"]
        all = true
        names = false
        format = "pretty"
        verbose = 2
        buffer = "1M"
        connect_timeout = "2500ms"
        app-key = "c"
        token-file = "x"
        email = "a@example.com"
        app-id = 7
        """,
    ).values
    expected = {
        "license": ("1229", "1230", "1231"),
        "user": (USER,),
        "channel": (USER, 1229),
        "all": True,
        "names": False,
        "format": OutputFormat.PRETTY,
        "verbose": 2,
        "buffer": 1_048_576,
        "connect_timeout": 2.5,
        "app_key": "c",
        "token": None,
    }
    assert {name: values[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('format = "tabel"', "format: 'tabel' is not one of 'table', 'plain', 'json', 'pretty', "),
        ("format = true", "format: true is not text or a whole number"),
        ("format = 1.5", "format: 1.5 is not text or a whole number"),
        ('format = ["raw"]', "format: a list is not text or a whole number"),
        ("format = 2026-11-22", "format: '2026-11-22' is not text or a whole number"),
        ("format.x = 1", "format: a table is not text or a whole number"),
        ('count = "many"', "count: 'many' is not a whole number of 1 or more"),
        ("duration = -1", "duration: '-1' is not a duration; write 30s, 5m or 1h30m"),
        ("full = 1", "full: 1 is not true or false"),
        ("verbose = true", "verbose: true is not a whole number"),
        ("verbose = -1", "verbose: -1 is not a whole number"),
        ('verbose = "1"', "verbose: '1' is not a whole number"),
        ("license = [1, true]", "license: true is not text or a whole number"),
        ("email = 1.5", "email: this is not text"),
        ('token-file = ""', "token-file: this is empty"),
        ('app_id = ["x"]', "app-id: this is not text"),
        ("version = true", "there is no option 'version'"),
        ('config = "x"', "a profile can't hold config"),
        ('profile = "x"', "a profile can't hold profile"),
    ],
)
def test_wrong_key_or_value_names_the_file_the_line_and_the_key(
    tmp_path: Path, keys: str, message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        program(tmp_path, f"# The third line\n{keys}", command="channels")
    assert refused.value.message.startswith(
        f"profile default ({tmp_path}/config.toml:3): {message}"
    )


@pytest.mark.parametrize(
    ("keys", "message", "hint"),
    [
        ("lisense = 1", "there is no option 'lisense'", "Did you mean license?"),
        (
            "exclude_events = 1",
            "there is no option 'exclude-events'",
            "Did you mean exclude-event?",
        ),
        ("tokens = 1", "there is no option 'tokens'", "Did you mean token-file?"),
        ("x = 1", "there is no option 'x'", "A key is an option's long name; see: "),
        ('token = "made-up"', "a profile can't hold token", "Put the token into a file, and name "),
        ('password = "made-up"', "a profile can't hold password", "chatapp-tail login asks for it"),
    ],
)
def test_wrong_key_comes_with_the_next_step(
    tmp_path: Path, keys: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        program(tmp_path, keys)
    assert refused.value.message.endswith(message)
    assert refused.value.hint.startswith(hint)


def test_key_that_the_command_does_not_have_is_unused(tmp_path: Path) -> None:
    given = program(tmp_path, 'count = 3\napi-url = "http://x"', command="channels")
    assert given.values["api_url"] == "http://x"
    assert given.written.keys() == {"api-url", "config"}


CHANNELS = 'license = 1\nmessenger = "avito"\nshard = "0/2"'
RAW, PRETTY = OutputFormat.RAW, OutputFormat.PRETTY


@pytest.mark.parametrize(
    ("keys", "variable", "words", "given"),
    [
        (CHANNELS, "", "", {"license": ("1",), "messenger": ("avito",), "shard": Shard(0, 2)}),
        (CHANNELS, "", "-l 2 -m vk", {"license": ("2",), "messenger": ("vk",)}),
        (CHANNELS, "", "--user 685", {"user": (USER,)}),
        (CHANNELS, "", "-c user/685", {"channel": (USER,)}),
        (CHANNELS, "", "--all", {"all": True}),
        (CHANNELS, "", "user/685", {}),
        (CHANNELS, "", "user/685 --shard 1/3", {"shard": Shard(1, 3)}),
        (
            CHANNELS,
            "",
            "--shard 1/3",
            {"license": ("1",), "messenger": ("avito",), "shard": Shard(1, 3)},
        ),
        ('event = ["message"]', "", "--all", {"event": ("message",), "all": True}),
        ('event = ["message"]', "", "-e chatRead -e chatTag", {"event": ("chatRead", "chatTag")}),
        ('format = "raw"', "", "", {"format": RAW}),
        ('format = "raw"', "", "--json", {"json": True}),
        ('format = "raw"', "nonsense", "--json", {"json": True}),
        ("json = true", "", "-f raw", {"format": RAW}),
        ("json = true", "pretty", "", {"format": PRETTY}),
        ("quiet = true", "", "-v", {"verbose": 1}),
        ("verbose = 2", "", "-q", {"quiet": True}),
        ("verbose = 2", "", "-v", {"verbose": 1}),
    ],
)
def test_options_about_the_same_thing_are_decided_together(
    tmp_path: Path, keys: str, variable: str, words: str, given: dict[str, object]
) -> None:
    environment = {"CHATAPP_TAIL_FORMAT": variable}
    chosen = program(tmp_path, keys, *words.split(), environment=environment)
    names = [one.option.name for one in chosen.given if one.option.name != "config"]
    assert {name: chosen.values[name] for name in names} == given


def test_origins_name_what_is_not_at_its_default_and_no_secret(tmp_path: Path) -> None:
    chosen = program(
        tmp_path,
        "license = [1, 2]\nfull = true\nnames = false",
        *["--token", "made-up-token", "-e", "message,chatTag", "-vv"],
        environment={"CHATAPP_APP_KEY": "key", "CHATAPP_API_URL": ""},
    )
    profile = f"profile default ({tmp_path}/config.toml"
    assert chosen.written == {
        "license": f"{profile}:2): license",
        "full": f"{profile}:3): full",
        "app-key": "CHATAPP_APP_KEY",
        "event": "--event",
        "verbose": "--verbose",
        "token": "--token",
        "config": "--config",
    }
    assert set(chosen.sentences) == {
        f"option --license 1,2: {profile}:2)",
        f"option --full: {profile}:3)",
        "option --app-key key: CHATAPP_APP_KEY",
        "option --event message,chatTag: command line",
        "option --verbose 2: command line",
        "option --token given: command line",
        f"option --config {tmp_path}/config.toml: command line",
    }
    assert (chosen.profile.name, chosen.profile.exists) == ("default", True)


FORMATS = """\
[profile.default]
format = "raw"
[profile.work]
format = "plain"
[profile.none]
"""
IN_DEFAULT = "option --format raw: profile default (HOME/chatapp-tail/config.toml:2)"
IN_WORK = "option --format plain: profile work (HOME/chatapp-tail/config.toml:4)"


@pytest.mark.parametrize(
    ("words", "environment", "sentences"),
    [
        ("", {}, [IN_DEFAULT]),
        ("", {"CHATAPP_TAIL_PROFILE": "", "CHATAPP_TAIL_CONFIG": ""}, [IN_DEFAULT]),
        ("-p none", {}, ["option --profile none: command line"]),
        ("-p work", {}, ["option --profile work: command line", IN_WORK]),
        (
            "",
            {"CHATAPP_TAIL_PROFILE": "work"},
            ["option --profile work: CHATAPP_TAIL_PROFILE", IN_WORK],
        ),
        (
            "-p default",
            {"CHATAPP_TAIL_PROFILE": "work"},
            ["option --profile default: command line", IN_DEFAULT],
        ),
        ("", {"CHATAPP_TAIL_FORMAT": "json"}, ["option --format json: CHATAPP_TAIL_FORMAT"]),
        ("-f table", {"CHATAPP_TAIL_FORMAT": "wrong"}, ["option --format table: command line"]),
        (
            "",
            {"CHATAPP_TAIL_CONFIG": "HOME/one.toml"},
            [
                "option --config HOME/one.toml: CHATAPP_TAIL_CONFIG",
                "option --format pretty: profile default (HOME/one.toml:1)",
            ],
        ),
        (
            "--config HOME/one.toml",
            {"CHATAPP_TAIL_CONFIG": "HOME/absent.toml"},
            [
                "option --config HOME/one.toml: command line",
                "option --format pretty: profile default (HOME/one.toml:1)",
            ],
        ),
    ],
)
def test_flag_goes_before_the_environment_the_profile_and_the_default(
    tmp_path: Path, words: str, environment: dict[str, str], sentences: list[str]
) -> None:
    (tmp_path / "chatapp-tail").mkdir()
    (tmp_path / "chatapp-tail/config.toml").write_text(FORMATS)
    (tmp_path / "one.toml").write_text('profile.default.format = "pretty"')
    home = str(tmp_path)
    variables = {name: value.replace("HOME", home) for name, value in environment.items()}
    chosen = settled(
        "tail",
        *words.replace("HOME", home).split(),
        environment={"XDG_CONFIG_HOME": home} | variables,
    )
    assert set(chosen.sentences) == {one.replace("HOME", home) for one in sentences}


# What follows runs the real program.


def write_config(home: Path, content: str) -> Path:
    path = home / ".config" / "chatapp-tail" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    return path


def said(
    home: Path, *arguments: str, code: int, environment: Mapping[str, str] | None = None
) -> list[str]:
    """Return what a run without a token says before it ends."""
    ended, stdout, stderr = run_here(home, *arguments, environment=environment)
    assert (ended, stdout) == (code, "")
    return [line.removeprefix("chatapp-tail: ") for line in stderr.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "environment", "error", "hint"),
    [
        (
            ["-p", "absent"],
            {},
            "--profile: there is no profile 'absent'",
            "In HOME/.config/chatapp-tail/config.toml there are: default, wrong, strange.",
        ),
        (
            ["--config", "absent.toml", "1229/telegram"],
            {},
            "--config: there is no configuration file absent.toml",
            "Check its name, or leave it out.",
        ),
        (
            ["1229/telegram"],
            {"CHATAPP_TAIL_CONFIG": "/"},
            "CHATAPP_TAIL_CONFIG: the configuration file / can't be read: Is a directory",
            "Check whose it is, or name another: --config FILE",
        ),
    ],
    ids=["no profile", "no file", "folder"],
)
def test_profile_or_file_that_is_not_there_is_a_usage_error(
    tmp_path: Path, arguments: list[str], environment: Mapping[str, str], error: str, hint: str
) -> None:
    write_config(tmp_path, "[profile.default]\n[profile.wrong]\ncount = 0\n[profile.strange]\n")
    lines = said(tmp_path, *arguments, code=2, environment=environment)
    assert lines == [f"error: {error}", f"  {hint.replace('HOME', str(tmp_path))}"]


def test_commands_without_a_profile_do_not_read_the_file(tmp_path: Path) -> None:
    write_config(tmp_path, "this is not TOML")
    environment = {"CHATAPP_TAIL_PROFILE": "absent", "CHATAPP_TAIL_CONFIG": "/absent"}
    for arguments in (["events", "chatRead", "--json"], ["demo", "-n1", "--json"]):
        with CLI(tmp_path, *arguments, environment=environment) as process:
            assert process.exit_code() == 0
            json.loads(process.lines(1)[0])


def test_profile_alone_is_enough_for_a_tail(emulator: Emulator, tmp_path: Path) -> None:
    write_config(
        tmp_path,
        f'[profile.default]\nlicense = 1229\nmessenger = "telegram"\nevent = "chatRead"\n'
        f'format = "plain"\ncount = 1\nsocket-url = "{emulator.socket_url}"\n'
        f'api-url = "{emulator.api_url}"\n',
    )
    token = {"CHATAPP_TOKEN": emulator.token}
    with CLI(tmp_path, environment=token) as process:
        process.wait_for("subscribed to 1229/telegram")
        for name in ("message", "chatRead"):
            assert emulator.publish(CHANNEL, name, samples(name)[0]) == 1
        assert process.exit_code() == 0
        assert process.lines(1)[0].split("\t")[2] == "chatRead"


def test_values_and_their_origins_are_said_with_v_only(tmp_path: Path) -> None:
    path = write_config(tmp_path, '[profile.default]\nchannel = "1229/telegram"')
    assert said(tmp_path, code=3)[0] == "error: no access token"
    assert said(tmp_path, "-v", code=3)[:3] == [
        "option --verbose 1: command line",
        f"option --channel 1229/telegram: profile default ({path}:2)",
        "error: no access token",
    ]


_NOTHING_TO_WATCH = """\
import sys
before = set(sys.modules)  # measuring coverage loads some
from chatapp_tail.cli.app import main
assert main([]) == 2
sys.stderr.write(" ".join(set(sys.modules) - before))
"""


def test_without_a_file_nothing_is_loaded_to_read_one(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _NOTHING_TO_WATCH],
        check=True,
        capture_output=True,
        text=True,
        env=clean_environment(tmp_path),
    )
    assert "nothing to watch" in run.stderr
    assert {"tomllib", "platformdirs", "requests", "rich"}.isdisjoint(run.stderr.split())
