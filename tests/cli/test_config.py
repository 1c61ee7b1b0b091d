"""Profiles, the environment and the command line together: who decides, and what is said of it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.events import samples
from chatapp_tail.cli.options import (
    ChannelOptions,
    ConnectionOptions,
    CredentialOptions,
    EndpointOptions,
    FilterOptions,
    LiveOptions,
    OutputOptions,
    ShowOptions,
    StopOptions,
    TailOptions,
    VerbosityOptions,
)
from chatapp_tail.cli.precedence import Chosen
from chatapp_tail.errors import UsageError
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.sharding import Shard
from tests.cli.given import settled
from tests.cli.running import CHANNEL
from tests.support.cli_here import run_here
from tests.support.cli_process import CLI, clean_environment
from tests.support.emulated import Emulator

COMPANY, USER, USER_1 = map(parse_spec, ("company/2224", "user/685", "user/1"))


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


def tail(
    tmp_path: Path, keys: str, *words: str, environment: Mapping[str, str] | None = None
) -> TailOptions:
    return TailOptions.gather(program(tmp_path, keys, *words, environment=environment).values)


def test_every_option_of_the_tail_can_stand_in_a_profile(tmp_path: Path) -> None:
    options = tail(
        tmp_path,
        """
        license = [1229, "1230,1231"]
        messenger = "telegram"
        company = 2224
        user = ["685"]
        channel = ["user/1", "1229/*"]
        all = true
        shard = "1/3"
        event = "message"
        exclude-event = ["chat*"]
        format = "pretty"
        time = "iso"
        full = true
        names = true
        color = "never"
        verbose = 2
        notices = true
        heartbeat = 180
        buffer = "1M"
        count = 5
        duration = "1h30m"
        retries = 0
        connect_timeout = "2500ms"
        strict = true
        socket-url = "ws://a"
        api_url = "http://b"
        app-key = "c"
        token-file = "x"
        email = "a@example.com"
        app-id = 7
        """,
    )
    assert options.channels == ChannelOptions(
        license=("1229", "1230", "1231"),
        messenger=("telegram",),
        company=(COMPANY,),
        user=(USER,),
        channel=(USER_1, 1229),
        all=True,
        shard=Shard(1, 3),
    )
    assert options.show == ShowOptions(
        filters=FilterOptions(event=("message",), exclude_event=("chat*",)),
        output=OutputOptions(
            format=OutputFormat.PRETTY,
            time=TimeFormat.ISO,
            full=True,
            names=True,
            buffer=1_048_576,
            color=ColorMode.NEVER,
            verbosity=VerbosityOptions(verbose=2),
        ),
        stop=StopOptions(count=5),
    )
    assert options.live == LiveOptions(notices=True, heartbeat=180.0, duration=5_400.0)
    assert options.show.output.format is OutputFormat.PRETTY
    assert options.connection == ConnectionOptions(
        retries=0,
        connect_timeout=2.5,
        strict=True,
        endpoint=EndpointOptions(socket_url="ws://a", api_url="http://b", app_key="c"),
    )
    assert options.credentials == CredentialOptions()


def test_false_and_quiet_and_json_in_a_profile_are_taken_as_flags(tmp_path: Path) -> None:
    output = tail(tmp_path, "quiet = true\njson = true\nfull = false").show.output
    assert output == OutputOptions(json=True, verbosity=VerbosityOptions(quiet=True))


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


@pytest.mark.parametrize(
    ("arguments", "channels"),
    [
        ([], ChannelOptions(license=("1",), messenger=("avito",), shard=Shard(0, 2))),
        (["-l", "2", "-m", "vk"], ChannelOptions(license=("2",), messenger=("vk",))),
        (["--user", "685"], ChannelOptions(user=(USER,))),
        (["-c", "user/685"], ChannelOptions(channel=(USER,))),
        (["--all"], ChannelOptions(all=True)),
        (["user/685"], ChannelOptions()),
        (["user/685", "--shard", "1/3"], ChannelOptions(shard=Shard(1, 3))),
        (
            ["--shard", "1/3"],
            ChannelOptions(license=("1",), messenger=("avito",), shard=Shard(1, 3)),
        ),
    ],
    ids=str,
)
def test_channels_of_the_profile_count_only_if_none_is_named(
    tmp_path: Path, arguments: list[str], channels: ChannelOptions
) -> None:
    keys = 'license = 1\nmessenger = "avito"\nshard = "0/2"\nevent = ["message", "chatTag"]'
    options = tail(tmp_path, keys, *arguments)
    assert options.channels == channels
    assert options.show.filters.event == ("message", "chatTag")


@pytest.mark.parametrize(
    ("arguments", "events"),
    [
        ([], ("message", "chatTag")),
        (["-e", "chatRead"], ("chatRead",)),
        (["-e", "chatRead", "-e", "chatStatus"], ("chatRead", "chatStatus")),
    ],
    ids=str,
)
def test_list_on_the_command_line_replaces_the_profiles(
    tmp_path: Path, arguments: list[str], events: tuple[str, ...]
) -> None:
    options = tail(tmp_path, 'event = ["message", "chatTag"]', *arguments)
    assert options.show.filters.event == events


@pytest.mark.parametrize(
    ("keys_and_variable", "arguments", "output"),
    [
        (('format = "raw"', ""), ["--json"], OutputOptions(json=True)),
        (("json = true", ""), ["-f", "raw"], OutputOptions(format=OutputFormat.RAW)),
        (("json = true", "pretty"), [], OutputOptions(format=OutputFormat.PRETTY)),
        (('format = "raw"', "pretty"), ["--json"], OutputOptions(json=True)),
        (('format = "raw"', "nonsense"), ["--json"], OutputOptions(json=True)),
        (('format = "raw"', ""), [], OutputOptions(format=OutputFormat.RAW)),
        (("quiet = true", ""), ["-v"], OutputOptions(verbosity=VerbosityOptions(verbose=1))),
        (("verbose = 2", ""), ["-q"], OutputOptions(verbosity=VerbosityOptions(quiet=True))),
        (("verbose = 2", ""), ["-v"], OutputOptions(verbosity=VerbosityOptions(verbose=1))),
    ],
)
def test_options_that_mean_something_together_are_decided_together(
    tmp_path: Path,
    keys_and_variable: tuple[str, str],
    arguments: list[str],
    output: OutputOptions,
) -> None:
    keys, variable = keys_and_variable
    environment = {"CHATAPP_TAIL_FORMAT": variable}
    assert tail(tmp_path, keys, *arguments, environment=environment).show.output == output


def test_origins_name_what_is_not_at_its_default(tmp_path: Path) -> None:
    chosen = program(
        tmp_path,
        'license = [1, 2]\nmessenger = "avito"\nfull = true\nnames = false\nduration = "2500ms"',
        *["--token", "made-up-token", "-e", "message,chatTag", "--time", "iso", "-vv"],
        environment={"CHATAPP_APP_KEY": "key", "CHATAPP_API_URL": ""},
    )
    profile = f"profile default ({tmp_path}/config.toml"
    assert chosen.written == {
        "license": f"{profile}:2): license",
        "messenger": f"{profile}:3): messenger",
        "full": f"{profile}:4): full",
        "duration": f"{profile}:6): duration",
        "app-key": "CHATAPP_APP_KEY",
        "event": "--event",
        "time": "--time",
        "verbose": "--verbose",
        "token": "--token",
        "config": "--config",
    }
    assert set(chosen.sentences) == {
        f"option --license 1,2: {profile}:2)",
        f"option --messenger avito: {profile}:3)",
        f"option --full: {profile}:4)",
        f"option --duration 2500ms: {profile}:6)",
        "option --app-key key: CHATAPP_APP_KEY",
        "option --event message,chatTag: command line",
        "option --time iso: command line",
        "option --verbose 2: command line",
        "option --token given: command line",
        f"option --config {tmp_path}/config.toml: command line",
    }
    assert (chosen.profile.name, chosen.profile.exists) == ("default", True)


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


def origin_of(option: str, lines: list[str]) -> str | None:
    """Return what is said of an option; None if it is at its default."""
    found = [line for line in lines if line.startswith(f"option --{option}")]
    return found[0] if found else None


FORMATS = """\
[profile.default]
format = "raw"
[profile.work]
channel = "1229/telegram"
format = "plain"
[profile.none]
"""


@pytest.mark.parametrize(
    ("arguments", "variable", "origin"),
    [
        (("-p", "none", "1229/telegram"), "", None),
        (("1229/telegram",), "", "option --format raw: profile default (…:2)"),
        (("-p", "work"), "", "option --format plain: profile work (…:5)"),
        (("-p", "work"), "json", "option --format json: CHATAPP_TAIL_FORMAT"),
        (("1229/telegram", "-f", "pretty"), "wrong", "option --format pretty: command line"),
    ],
    ids=str,
)
def test_flag_goes_before_the_environment_the_profile_and_the_default(
    tmp_path: Path, arguments: tuple[str, ...], variable: str, origin: str | None
) -> None:
    path = write_config(tmp_path, FORMATS)
    environment = {"CHATAPP_TAIL_FORMAT": variable}
    lines = said(tmp_path, "-v", *arguments, code=3, environment=environment)
    assert origin_of("format", lines) == (origin and origin.replace("…", str(path)))
    assert "error: no access token" in lines


def test_profile_is_named_by_the_flag_then_by_the_environment(tmp_path: Path) -> None:
    write_config(tmp_path, FORMATS)
    environment = {"CHATAPP_TAIL_PROFILE": "work"}
    lines = said(tmp_path, "-v", code=3, environment=environment)
    assert origin_of("profile", lines) == "option --profile work: CHATAPP_TAIL_PROFILE"
    assert "option --format plain: profile work" in (origin_of("format", lines) or "")
    arguments = ("-v", "-p", "default", "1229/telegram")
    lines = said(tmp_path, *arguments, code=3, environment=environment)
    assert origin_of("profile", lines) == "option --profile default: command line"
    assert "option --format raw: profile default" in (origin_of("format", lines) or "")
    empty = {"CHATAPP_TAIL_PROFILE": "", "CHATAPP_TAIL_CONFIG": ""}
    lines = said(tmp_path, "-v", "1229/telegram", code=3, environment=empty)
    assert origin_of("profile", lines) is None
    assert "option --format raw: profile default" in (origin_of("format", lines) or "")


def test_file_is_named_by_the_flag_then_by_the_environment_then_by_xdg(tmp_path: Path) -> None:
    write_config(tmp_path, '[profile.default]\nformat = "table"')
    (tmp_path / "xdg" / "chatapp-tail").mkdir(parents=True)
    for path, chosen_format in (("xdg/chatapp-tail/config", "plain"), ("one", "raw")):
        (tmp_path / f"{path}.toml").write_text(f'[profile.default]\nformat = "{chosen_format}"')
    (tmp_path / "two.toml").write_text('[profile.default]\nformat = "pretty"')
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    arguments = ["-v", "1229/telegram"]
    lines = said(tmp_path, *arguments, code=3, environment=environment)
    assert "--format plain: profile default" in (origin_of("format", lines) or "")
    environment["CHATAPP_TAIL_CONFIG"] = "one.toml"
    lines = said(tmp_path, *arguments, code=3, environment=environment)
    assert origin_of("format", lines) == "option --format raw: profile default (one.toml:2)"
    assert origin_of("config", lines) == "option --config one.toml: CHATAPP_TAIL_CONFIG"
    lines = said(tmp_path, *arguments, "--config=~/two.toml", code=3, environment=environment)
    assert origin_of("format", lines) == (
        f"option --format pretty: profile default ({tmp_path}/two.toml:2)"
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "error", "hint"),
    [
        (
            ["-p", "absent"],
            {},
            "--profile: there is no profile 'absent'",
            "  In HOME/.config/chatapp-tail/config.toml there are: default, wrong, strange.",
        ),
        (
            ["--config", "absent.toml", "1229/telegram"],
            {},
            "--config: there is no configuration file absent.toml",
            "  Check its name, or leave it out.",
        ),
        (
            ["1229/telegram"],
            {"CHATAPP_TAIL_CONFIG": "/"},
            "CHATAPP_TAIL_CONFIG: the configuration file / can't be read: Is a directory",
            "  Check whose it is, or name another: --config FILE",
        ),
    ],
    ids=str,
)
def test_configuration_that_can_not_be_is_a_usage_error(
    tmp_path: Path, arguments: list[str], environment: Mapping[str, str], error: str, hint: str
) -> None:
    write_config(
        tmp_path,
        '[profile.default]\nchannel = "1229/telegram"\n\n[profile.wrong]\n# Here:\n'
        'count = 0\n[profile.strange]\nformt = "raw"\n',
    )
    lines = said(tmp_path, *arguments, code=2, environment=environment)
    assert lines == [
        line.replace("HOME", str(tmp_path)) for line in (f"error: {error}", hint) if line
    ]


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


def test_without_v_nothing_is_said_of_options(tmp_path: Path) -> None:
    write_config(tmp_path, '[profile.default]\nformat = "raw"\nchannel = "1229/telegram"')
    assert said(tmp_path, code=3)[0] == "error: no access token"


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
