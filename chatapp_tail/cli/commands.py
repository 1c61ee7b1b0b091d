"""The commands: what each takes, and the function that runs it.

A function's parameters say what it takes: ``options``, arguments by their names, and ``chosen`` if
the configuration file counts. Each imports what it needs when it runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chatapp_tail.chatapp.channels import Channel, parse_spec
from chatapp_tail.cli.completion import Shell, script
from chatapp_tail.cli.conversions import choice, spec
from chatapp_tail.cli.option import Argument, Group, Option
from chatapp_tail.cli.options import (
    PANELS,
    SPEC_HELP,
    ChannelListOptions,
    DemoOptions,
    DoctorOptions,
    HelpOptions,
    ListOptions,
    LoginOptions,
    ProfileOptions,
    ReplayOptions,
    ServeOptions,
    Specs,
    TailOptions,
    TriggerOptions,
    VerbosityOptions,
    VersionOptions,
)
from chatapp_tail.cli.precedence import SPECS, Chosen
from chatapp_tail.errors import ExitCode

# What somebody wants, and what to type for it.
Example = tuple[str, str]

PROGRAM = "chatapp-tail"
TAIL = "tail"
COMMANDS: dict[str, "Command"] = {}

_SPECS = Argument(SPECS, "[SPEC]...", SPEC_HELP, read=spec, completes="specs", repeats=True)


@dataclass(frozen=True)
class Command:
    """A command. ``summary`` and each of ``notes`` are a paragraph of its help.

    ``brief`` is what one screen about all commands says of it. The tests run ``examples``; a line
    fits 78 columns.
    """

    function: Callable[..., ExitCode]
    summary: str
    arguments: tuple[Argument, ...] = ()
    brief: str = ""
    examples: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The word for it on the command line."""
        return self.function.__name__

    @property
    def gist(self) -> str:
        """The first sentence of the summary."""
        return self.summary.partition(". ")[0].removesuffix(".") + "."

    @property
    def usage(self) -> str:
        """The form of its command line."""
        words = [one.metavar for one in self.arguments]
        return " ".join([self._typed, "[OPTIONS]", *words])

    @property
    def usages(self) -> tuple[str, ...]:
        """All forms of its command line; the tail's help is the program's."""
        others = (f"{PROGRAM} COMMAND [OPTIONS] ...",) if self.name == TAIL else ()
        return (self.usage, *others)

    @property
    def see(self) -> str:
        """Where its help is."""
        return f"See: {self._typed} --help"

    @property
    def usage_hint(self) -> str:
        """What to type, and where its help is."""
        return f"Usage: {self.usage}\n{self.see}"

    @property
    def _typed(self) -> str:
        return PROGRAM if self.name == TAIL else f"{PROGRAM} {self.name}"

    @cached_property
    def group(self) -> type[Group]:
        """The options that the function takes."""
        taken: type[Group] = self.function.__annotations__.get("options", Group)
        return taken

    @cached_property
    def options(self) -> Mapping[str, Option]:
        """All options by name."""
        groups: list[type[Group]] = [
            self.group,
            *([ProfileOptions] if self.has_profile else []),
            *([VersionOptions] if self.name == TAIL else []),
            HelpOptions,
        ]
        return {name: one for group in groups for name, one in group.options().items()}

    @property
    def panels(self) -> Mapping[str, Sequence[Option]]:
        """The options by the title of their panel, in the order of the help."""
        found: dict[str, list[Option]] = {title: [] for title in PANELS}
        for one in self.options.values():
            found[one.panel].append(one)
        return {title: options for title, options in found.items() if options}

    @property
    def has_profile(self) -> bool:
        """Whether the configuration file counts."""
        return "chosen" in self.function.__annotations__

    def run(self, chosen: Chosen, arguments: Mapping[str, object]) -> ExitCode:
        """Run it with the options' values, and the arguments by name."""
        taken = dict(arguments)
        if self.group is not Group:
            taken["options"] = self.group.gather(chosen.values)
        if self.has_profile:
            taken["chosen"] = chosen
        return self.function(**taken)


def _command(
    summary: str,
    *arguments: Argument,
    brief: str = "",
    examples: tuple[Example, ...],
    notes: tuple[str, ...] = (),
) -> Callable[[Callable[..., ExitCode]], Callable[..., ExitCode]]:
    """Let a function be the command of its name.

    The summary isn't its docstring: Python has none under PYTHONOPTIMIZE=2.
    """

    def register(function: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
        command = Command(function, summary, arguments, brief, examples, notes)
        COMMANDS[command.name] = command
        return function

    return register


@_command(
    "Tail the events of ChatApp channels: a table on a terminal, JSON Lines in a pipe.",
    _SPECS,
    examples=(
        ("No account needed: the real client against a local ChatApp", "demo"),
        ("One messenger of a licence, as a table", "--license 1229 --messenger telegram"),
        (
            "Everything the token may watch, but only incoming messages",
            "--all -e message -w data.side=in",
        ),
        ("JSON Lines in a pipe", "1229/telegram -e message | jq -r .data.message.text"),
        (
            "In CI: wait for a message to be viewed; exit code 6 after a minute without",
            "1229/telegram --until data.type=viewed --duration 60s",
        ),
        (
            "Begin ten minutes ago, and fetch what a lost connection missed",
            "1229/telegram --since 10m --backfill",
        ),
        ("Keep everything in a file", "--all --record today.jsonl.gz"),
        ("Search it later", "replay today.jsonl.gz -e message -g invoice"),
    ),
)
def tail(options: TailOptions, specs: Specs, chosen: Chosen) -> ExitCode:
    from chatapp_tail.cli.tail import tail_command  # noqa: PLC0415 (as the other commands)

    return tail_command(specs, options, chosen)


@_command(
    "List what the token may watch. In a pipe that is one ready-made SPEC a line.",
    brief="what you may watch",
    examples=(
        ("What there is, as a table", "channels"),
        ("One SPEC a line in a pipe, to watch some of it", "channels | grep telegram"),
        ("With names and phones, for programs", "channels --json"),
    ),
)
def channels(options: ChannelListOptions, chosen: Chosen) -> ExitCode:
    from chatapp_tail.cli.channels import channels_command  # noqa: PLC0415

    return channels_command(options, chosen)


@_command(
    "Find what is broken. It tests token, API, DNS, TLS, websocket and each channel.",
    _SPECS,
    notes=("Each finding says what to do about it; the exit code is that of a tail.",),
    brief="find what is broken",
    examples=(
        ("The token, the network and the API", "doctor"),
        ("The same, and whether this channel can be watched", "doctor 1229/telegram"),
        ("For programs", "doctor --all --json"),
    ),
)
def doctor(options: DoctorOptions, specs: Specs, chosen: Chosen) -> ExitCode:
    from chatapp_tail.cli.doctor import doctor_command  # noqa: PLC0415

    return doctor_command(specs, options, chosen)


@_command(
    "Store a login that renews its token. On a terminal it asks for what isn't given.",
    notes=("The token pair is kept, the password is not.",),
    brief="store a login",
    examples=(
        ("Asks for what it needs", "login"),
        (
            "In a script",
            "login --email me@example.com --app-id app_685_1 --password-stdin < password.txt",
        ),
        ("A second account", "login --profile work"),
    ),
)
def login(options: LoginOptions, chosen: Chosen) -> ExitCode:
    from chatapp_tail.cli.login import login_command  # noqa: PLC0415

    return login_command(options, chosen)


@_command(
    "Remove the stored login.",
    brief="remove it",
    examples=(
        ("Of the default profile", "logout"),
        ("Of another one", "logout --profile work"),
    ),
)
def logout(options: VerbosityOptions, chosen: Chosen) -> ExitCode:
    from chatapp_tail.cli.login import logout_command  # noqa: PLC0415

    return logout_command(options, chosen)


@_command(
    "Show it all without an account. The real client against a local ChatApp.",
    notes=("It needs the extra: pipx install 'chatapp-tail[demo]'.",),
    brief="try it, no account needed",
    examples=(
        ("Look at it until Ctrl-C", "demo"),
        ("Ten events as JSON Lines", "demo --count 10 --json"),
        ("See how a broken connection is survived", "demo --drop-every 10s"),
    ),
)
def demo(options: DemoOptions) -> ExitCode:
    from chatapp_tail.cli.local import demo_command  # noqa: PLC0415

    return demo_command(options)


@_command(
    "Show a recorded file. It goes through the same filters, formats and forwarding.",
    Argument(
        "file",
        "FILE|-",
        "Made by --record or --json, also packed by gzip, xz or bzip2; - is stdin.",
        completes="files",
        is_required=True,
    ),
    brief="show a recording",
    examples=(
        ("As fast as it goes", "replay today.jsonl.gz"),
        (
            "Ten times as fast as it was, into a webhook on this machine",
            "replay today.jsonl.gz --speed 10 --forward-to http://localhost:8000/hook",
        ),
        ("From a pipe", "replay - --format plain < today.jsonl"),
    ),
)
def replay(options: ReplayOptions, file: str) -> ExitCode:
    from chatapp_tail.cli.replay import replay_command  # noqa: PLC0415

    return replay_command(file, options)


@_command(
    "Run a local ChatApp. It has REST, channel authorization and a Pusher websocket.",
    notes=(
        "It prints how to connect to it, and needs the extra: pipx install 'chatapp-tail[demo]'.",
    ),
    brief="run a local ChatApp",
    examples=(
        ("Then export what it prints in another terminal", "serve"),
        ("For tests: any free port, a break every 30 seconds", "serve --port 0 --drop-every 30s"),
    ),
)
def serve(options: ServeOptions) -> ExitCode:
    from chatapp_tail.cli.local import serve_command  # noqa: PLC0415

    return serve_command(options)


@_command(
    "Send an event. It goes into a running chatapp-tail serve, or to a webhook.",
    Argument(
        "event",
        "EVENT",
        "The event's name; chatapp-tail events lists them.",
        completes="events",
        is_required=True,
    ),
    Argument(
        "spec",
        "[SPEC]",
        "The channel; otherwise one of serve's account: 1229/telegram, company/2224 or "
        "user/685, as the event wants.",
        read=parse_spec,
        completes="specs",
    ),
    notes=(
        (
            "The sample gets the current time, and the ids of the channel in meta; with --count "
            "each event gets ids of its own. A file is sent as it is, except that it gets the "
            "channel's ids; with --to only if SPEC is given. --set is applied last."
        ),
        "Exit codes: 0 sent, 1 the webhook's answer was not 2xx, 2 usage, 5 nobody answered.",
    ),
    brief="send a test event",
    examples=(
        ("The documented sample, while serve runs in another terminal", "trigger message"),
        (
            "Another text, ten times, two a second",
            "trigger message --set data.0.message.text=Hello -n 10 --rate 2",
        ),
        ("On another channel", "trigger chatTag 1229/grWhatsApp --set data.0.tag.name=VIP"),
        ("To a webhook, as ChatApp would", "trigger message --to http://localhost:3000/webhook"),
    ),
)
def trigger(options: TriggerOptions, event: str, spec: Channel | None) -> ExitCode:
    from chatapp_tail.cli.trigger import trigger_command  # noqa: PLC0415

    return trigger_command(event, spec, options)


@_command(
    "List the documented events. With a name, show its fields and a sample.",
    Argument("name", "[NAME]", "Show this one, with fields and sample.", completes="events"),
    brief="the documented events",
    examples=(
        ("All of them", "events"),
        ("One, with its fields and a sample", "events message"),
        ("The sample alone", "events message --json | jq '.samples[0]'"),
    ),
)
def events(options: ListOptions, name: str | None) -> ExitCode:
    from chatapp_tail.cli.events import events_command  # noqa: PLC0415

    return events_command(name, options)


@_command(
    "Print a completion script. TAB completes commands, options, events, channels, profiles.",
    Argument(
        "shell",
        "SHELL",
        "bash, zsh or fish.",
        read=choice(Shell),
        completes=tuple(Shell),
        is_required=True,
    ),
    notes=(
        (
            "Copy it again after an upgrade. Or let each new shell ask for it: "
            'eval "$(chatapp-tail completion bash)" in ~/.bashrc, the same with zsh in ~/.zshrc, '
            "chatapp-tail completion fish | source in config.fish."
        ),
    ),
    brief="TAB in your shell",
    examples=(
        ("For every new bash", "completion bash >> ~/.bashrc"),
        ("For every new zsh, after its compinit", "completion zsh >> ~/.zshrc"),
        ("For fish", "completion fish > ~/.config/fish/completions/chatapp-tail.fish"),
    ),
)
def completion(shell: Shell) -> ExitCode:
    from chatapp_tail.cli.streams import write  # noqa: PLC0415

    return write(script(shell))


# Those with a word of their own; the tail needs none.
NAMED = tuple(command for name, command in COMMANDS.items() if name != TAIL)
