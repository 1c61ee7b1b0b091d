"""The Typer application: dispatch, the root command, and errors to exit codes.

``chatapp-tail 1229/telegram`` works without a command word: a first word that is a spec goes to
the hidden command ``tail``. A spec always holds a ``/`` or begins with ``private-``, and command
names never do. Commands import what they need inside: completion and ``--version`` stay quick.
"""

import errno
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from chatapp_tail import __version__
from chatapp_tail.cli.commands import Commands, WithHelp
from chatapp_tail.cli.conversions import whole_number
from chatapp_tail.cli.layers import chosen, remembers
from chatapp_tail.cli.options import (
    HELP,
    SPEC_HELP,
    CredentialOptions,
    DoctorOptions,
    EndpointOptions,
    ListOptions,
    LocalOptions,
    LoginOptions,
    ProfileOptions,
    ReplayOptions,
    ShowOptions,
    TailOptions,
    TriggerOptions,
    VerbosityOptions,
)
from chatapp_tail.cli.scripts import Shell, script
from chatapp_tail.errors import ChatAppTailError, ExitCode, OutputError

# Typer carries its own Click and exports only this leaf of the tree of usage errors.
_ClickError: Any = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)

# A disk that is full or broken; only stdout is ever written to.
_CANT_BE_WRITTEN = (errno.ENOSPC, errno.EFBIG, errno.EIO)

TRIGGER_NOTES = """\
The sample has the time of now, and in meta the ids of the channel; with
--count each event has ids of its own. A file is sent as it is, but for the
channel's ids; --to leaves them, too, unless SPEC is given. --set comes last.

Exit codes: 0 sent, 1 the webhook's answer was not 2xx, 2 usage, 5 nobody
answered."""

COMPLETION_NOTES = """\
Copy it again after an upgrade. Or let each new shell ask for it:
eval "$(chatapp-tail completion bash)" in ~/.bashrc, the same with zsh in
~/.zshrc, chatapp-tail completion fish | source in config.fish."""


commands = Commands()


class TailGroup(WithHelp, typer.core.TyperGroup):
    """Sends specs to ``tail`` and everything else to the command of that name."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 (Typer's own Click)
        """Return the names, without making the commands."""
        return list(commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002
        """Return the command, None for an unknown name."""
        return commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Return (name, command, its arguments). Raises ``UsageError`` for an unknown word."""
        word = args[0]
        if "/" in word or word.startswith("private-"):
            return "tail", self.get_command(ctx, "tail"), args
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            from chatapp_tail.cli.mistakes import unknown_word  # noqa: PLC0415

            raise unknown_word(word, self)
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=TailGroup,
    name="chatapp-tail",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:  # noqa: FBT001 (Typer calls it so)
    if value:
        typer.echo(f"chatapp-tail {__version__}")
        raise typer.Exit


@app.callback(
    help="Tail the events of ChatApp channels: a table on a terminal, JSON Lines in a pipe.",
    invoke_without_command=True,
)
@remembers(TailOptions, ProfileOptions)
def root(
    ctx: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 (its callback ends the program)
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the version and exit.",
            rich_help_panel=HELP,
        ),
    ] = False,
) -> None:
    if ctx.invoked_subcommand is None:
        group: Any = ctx.command
        command = group.get_command(ctx, "tail")
        with command.make_context("tail", [], parent=ctx) as inner:
            command.invoke(inner)


@commands.add(
    help="Tail the channels named by options, by specs or by the profile.",
    hidden=True,
)
def tail(
    ctx: typer.Context,
    options: TailOptions,
    profile: ProfileOptions,  # noqa: ARG001 (chosen has what it names)
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC]...", help=SPEC_HELP),
    ] = None,
) -> None:
    from chatapp_tail.cli.tail import tail_command  # noqa: PLC0415

    raise typer.Exit(tail_command(specs or [], options, chosen(ctx)))


@commands.add(
    help="List what the token may watch. In a pipe that is one ready-made SPEC a line.",
)
def channels(
    ctx: typer.Context,
    output: ListOptions,
    endpoint: EndpointOptions,
    credentials: CredentialOptions,
    profile: ProfileOptions,  # noqa: ARG001
) -> None:
    from chatapp_tail.cli.channels import channels_command  # noqa: PLC0415

    raise typer.Exit(channels_command(output, endpoint, credentials, chosen(ctx)))


@commands.add(
    help=(
        "Find the broken link. From the token over API, DNS, TLS and websocket to each channel.\n"
        "\n"
        "Each finding comes with what to do about it; the exit code is the one of a tail."
    ),
)
def doctor(
    ctx: typer.Context,
    options: DoctorOptions,
    profile: ProfileOptions,  # noqa: ARG001
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC]...", help=SPEC_HELP),
    ] = None,
) -> None:
    from chatapp_tail.cli.doctor import doctor_command  # noqa: PLC0415

    raise typer.Exit(doctor_command(specs or [], options, chosen(ctx)))


@commands.add(
    help=(
        "Store a login that renews its token. On a terminal it asks for what isn't given.\n"
        "\n"
        "The token pair is kept, the password is not."
    ),
)
def login(
    ctx: typer.Context,
    options: LoginOptions,
    endpoint: EndpointOptions,
    verbosity: VerbosityOptions,
    profile: ProfileOptions,  # noqa: ARG001
) -> None:
    from chatapp_tail.cli.login import login_command  # noqa: PLC0415

    raise typer.Exit(login_command(options, endpoint, verbosity, chosen(ctx)))


@commands.add(
    help="Remove the stored login.",
)
def logout(
    ctx: typer.Context,
    verbosity: VerbosityOptions,
    profile: ProfileOptions,  # noqa: ARG001
) -> None:
    from chatapp_tail.cli.login import logout_command  # noqa: PLC0415

    raise typer.Exit(logout_command(verbosity, chosen(ctx)))


@commands.add(
    help=(
        "Show it all without an account. The real client against a local ChatApp.\n"
        "\n"
        "It needs the extra: pipx install 'chatapp-tail[demo]'."
    ),
)
def demo(
    ctx: typer.Context,  # noqa: ARG001
    show: ShowOptions,
    local: LocalOptions,
) -> None:
    from chatapp_tail.cli.local import demo_command  # noqa: PLC0415

    raise typer.Exit(demo_command(show, local))


@commands.add(
    help="Show a recorded file. It goes through the same filters, formats and forwarding.",
)
def replay(
    ctx: typer.Context,  # noqa: ARG001
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-",
            help="Made by --record or --json, also packed by gzip, xz or bzip2; - is stdin.",
        ),
    ],
    show: ShowOptions,
    part: ReplayOptions,
) -> None:
    from chatapp_tail.cli.replay import replay_command  # noqa: PLC0415

    raise typer.Exit(replay_command(file, show, part))


@commands.add(
    help=(
        "Run a local ChatApp. It has REST, channel authorization and a Pusher websocket.\n"
        "\n"
        "It prints how to connect to it, and needs the extra: pipx install 'chatapp-tail[demo]'."
    ),
)
def serve(
    ctx: typer.Context,  # noqa: ARG001
    options: VerbosityOptions,
    local: LocalOptions,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="N",
            parser=whole_number(0, 65535),
            help="On 127.0.0.1; 0 takes any free one.",
        ),
    ] = 8765,
) -> None:
    from chatapp_tail.cli.local import serve_command  # noqa: PLC0415

    raise typer.Exit(serve_command(options, local, port=port))


@commands.add(
    help="Send an event. It goes into a running chatapp-tail serve, or to a webhook.",
    epilog=TRIGGER_NOTES,
)
def trigger(
    ctx: typer.Context,  # noqa: ARG001
    options: TriggerOptions,
    event: Annotated[
        str,
        typer.Argument(
            metavar="EVENT",
            help="The event's name; chatapp-tail events lists them.",
        ),
    ],
    spec: Annotated[
        str | None,
        typer.Argument(
            metavar="[SPEC]",
            help="The channel; otherwise one of serve's account: 1229/telegram, company/2224 or "
            "user/685, as the event wants.",
        ),
    ] = None,
) -> None:
    from chatapp_tail.cli.trigger import trigger_command  # noqa: PLC0415

    raise typer.Exit(trigger_command(event, spec, options))


@commands.add(
    help="List the documented events. With a name, show its fields and a sample.",
)
def events(
    ctx: typer.Context,  # noqa: ARG001
    output: ListOptions,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Show this one, with fields and sample.",
        ),
    ] = None,
) -> None:
    from chatapp_tail.cli.events import events_command  # noqa: PLC0415

    raise typer.Exit(events_command(name, output))


@commands.add(
    help=(
        "Print what makes TAB work. It completes commands, options, events, channels and profiles."
    ),
    epilog=COMPLETION_NOTES,
)
def completion(
    ctx: typer.Context,  # noqa: ARG001
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    typer.echo(script(shell), nl=False)


def main(arguments: list[str] | None = None, *, program: typer.Typer = app) -> int:
    """Run the command line and return the exit code. Errors end as one line on stderr."""
    command = typer.main.get_command(program)
    try:
        _prepare_streams()
        code = command.main(arguments, prog_name="chatapp-tail", standalone_mode=False)
    except ChatAppTailError as error:
        return _report(error)
    except _ClickError as error:
        from chatapp_tail.cli.mistakes import explained  # noqa: PLC0415

        return _report(explained(error))
    except typer.Abort:  # Ctrl-C, or no more input, at a prompt
        return int(ExitCode.SIGINT)
    except SystemExit:  # Typer's end where the reader of --help left; for us that is a good end
        return int(ExitCode.OK)
    except Exception as error:  # noqa: BLE001 (the last line of defence: no traceback, one sentence)
        return _report_unexpected(error, sys.argv[1:] if arguments is None else arguments)
    return code if isinstance(code, int) else int(ExitCode.OK)


def _prepare_streams() -> None:
    """Give a process that was started without them (``<&-``, ``2>&-``) stdin and stderr.

    stdout is UTF-8 in any locale, as the tail's own writer has it: not all of an event fits others.
    Raises ``OutputError`` where stdout is closed: every command writes there.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdin = sys.stdin or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        raise OutputError("standard output is closed")


def _report(error: ChatAppTailError) -> int:
    from chatapp_tail.output.status import Status  # noqa: PLC0415

    Status(sys.stderr).error(error)
    return int(error.exit_code)


def _report_unexpected(error: Exception, arguments: list[str]) -> int:
    if isinstance(error.__cause__, KeyboardInterrupt):  # Python 3.11 wraps it while a class is made
        return int(ExitCode.SIGINT)
    if isinstance(error, OSError) and error.errno in _CANT_BE_WRITTEN:
        return _report(OutputError(f"standard output can't be written: {error.strerror}"))
    if "-vv" in arguments:
        from chatapp_tail.output.status import Status  # noqa: PLC0415

        Status(sys.stderr).trace(error)
    return _report(
        ChatAppTailError(
            f"unexpected {type(error).__name__}: {error}",
            hint="This is a defect in chatapp-tail; with -vv it shows where.",
        )
    )
