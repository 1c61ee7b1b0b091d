"""The Typer application: dispatch, the root command, and errors to exit codes.

``chatapp-tail 1229/telegram`` works without a command word: a first word that is a spec goes to
the hidden command ``tail``. A spec always holds a ``/`` or begins with ``private-``, and command
names never do. Commands import what they need inside: completion and ``--version`` stay quick.
"""

import errno
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from chatapp_tail import __version__
from chatapp_tail.cli.commands import Commands
from chatapp_tail.cli.layers import chosen, remembers
from chatapp_tail.cli.options import (
    CredentialOptions,
    DoctorOptions,
    EndpointOptions,
    LocalOptions,
    LoginOptions,
    OutputOptions,
    ProfileOptions,
    ShowOptions,
    TailOptions,
    TriggerOptions,
    VerbosityOptions,
    known_events,
    known_specs,
)
from chatapp_tail.errors import ChatAppTailError, ExitCode, OutputError, UsageError

# Typer carries its own Click and exports only this leaf of the tree of usage errors.
_ClickError: Any = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)

# A disk that is full or broken; only stdout is ever written to.
_CANT_BE_WRITTEN = (errno.ENOSPC, errno.EFBIG, errno.EIO)

# Set by the shell when it asks for what completes a line.
_COMPLETION = "_CHATAPP_TAIL_COMPLETE"

# \b keeps Click from filling the lines below it.
EPILOG = """\
\b
Examples:
  chatapp-tail demo                                  no account needed
  chatapp-tail --license 1229 --messenger telegram   a table of what happens
  chatapp-tail 1229/telegram -e message | jq .data   JSON Lines in a pipe

Exit codes: 0 asked-for end, 1 unexpected, 2 usage, 3 token, 4 channels refused,
5 no connection, 6 --count or --until not met, 130 Ctrl-C."""

TRIGGER_EPILOG = """\
\b
Examples, with chatapp-tail serve in another terminal:
  chatapp-tail trigger message
  chatapp-tail trigger message --set data.0.message.text=Hello -n 10 --rate 2
  chatapp-tail trigger chatTag 1229/grWhatsApp --set data.0.tag.name=VIP
  chatapp-tail trigger message --to http://localhost:3000/webhook

The sample is as documented (chatapp-tail events EVENT), but its time is now,
and meta has the ids of the channel. A file is sent as it is, but for those
ids; --to leaves them, too, unless SPEC is given. With --count each event has
ids of its own. --set comes last.

SPEC defaults to a channel of serve's account: 1229/telegram, company/2224 or
user/685.

\b
Exit codes: 0 sent, 1 the webhook's answer was not 2xx, 2 usage,
5 nobody answered, 130 Ctrl-C."""


commands = Commands()


class TailGroup(typer.core.TyperGroup):
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
            names = ", ".join(name for name, one in commands.items() if not one.hidden)
            raise UsageError(
                f"{word!r} is neither a command nor a channel",
                hint=f"Commands: {names}. A channel is written 1229/telegram.",
            )
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:  # noqa: ANN401
        """Return options, commands, and the specs that ``tail`` takes in a command's place."""
        specs = next(one for one in commands["tail"].params if one.name == "specs")
        return super().shell_complete(ctx, incomplete) + specs.shell_complete(ctx, incomplete)


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


@app.callback(invoke_without_command=True, epilog=EPILOG, subcommand_metavar="[SPEC]… | COMMAND")
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
        ),
    ] = False,
) -> None:
    """Tail the realtime events of ChatApp channels: a table on a terminal, JSON Lines in a pipe."""
    if ctx.invoked_subcommand is None:
        group: Any = ctx.command
        command = group.get_command(ctx, "tail")
        with command.make_context("tail", [], parent=ctx) as inner:
            command.invoke(inner)


@commands.add(hidden=True)
def tail(
    ctx: typer.Context,
    options: TailOptions,
    profile: ProfileOptions,  # noqa: ARG001 (chosen has what it names)
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC]…", autocompletion=known_specs),
    ] = None,
) -> None:
    """Tail the channels named by options, by specs or by the profile."""
    from chatapp_tail.cli.tail import tail_command  # noqa: PLC0415

    raise typer.Exit(tail_command(specs or [], options, chosen(ctx)))


@commands.add()
def channels(
    ctx: typer.Context,
    output: OutputOptions,
    endpoint: EndpointOptions,
    credentials: CredentialOptions,
    profile: ProfileOptions,  # noqa: ARG001
) -> None:
    """List what the token may watch. One ready-made SPEC a line."""
    from chatapp_tail.cli.channels import channels_command  # noqa: PLC0415

    raise typer.Exit(channels_command(output, endpoint, credentials, chosen(ctx)))


@commands.add()
def doctor(
    ctx: typer.Context,
    options: DoctorOptions,
    profile: ProfileOptions,  # noqa: ARG001
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC]…", autocompletion=known_specs),
    ] = None,
) -> None:
    """Find the broken link. From the token to each channel, and what to do about it."""
    from chatapp_tail.cli.doctor import doctor_command  # noqa: PLC0415

    raise typer.Exit(doctor_command(specs or [], options, chosen(ctx)))


@commands.add()
def login(
    ctx: typer.Context,
    options: LoginOptions,
    endpoint: EndpointOptions,
    verbosity: VerbosityOptions,
    profile: ProfileOptions,  # noqa: ARG001
) -> None:
    """Store a login that renews its token. Asks for e-mail, password and appId, once."""
    from chatapp_tail.cli.login import login_command  # noqa: PLC0415

    raise typer.Exit(login_command(options, endpoint, verbosity, chosen(ctx)))


@commands.add()
def logout(
    ctx: typer.Context,
    verbosity: VerbosityOptions,
    profile: ProfileOptions,  # noqa: ARG001
) -> None:
    """Remove the stored login."""
    from chatapp_tail.cli.login import logout_command  # noqa: PLC0415

    raise typer.Exit(logout_command(verbosity, chosen(ctx)))


@commands.add()
def demo(
    ctx: typer.Context,  # noqa: ARG001
    show: ShowOptions,
    local: LocalOptions,
) -> None:
    """Show it all without an account. The real client against a local ChatApp."""
    from chatapp_tail.cli.local import demo_command  # noqa: PLC0415

    raise typer.Exit(demo_command(show, local))


@commands.add()
def replay(
    ctx: typer.Context,  # noqa: ARG001
    file: Annotated[str, typer.Argument(metavar="FILE|-")],
    show: ShowOptions,
    speed: Annotated[
        str,
        typer.Option(
            "--speed", metavar="N|max", help="1 is as it was recorded, 10 ten times that."
        ),
    ] = "max",
) -> None:
    """Show a recorded file. Through the same filters, formats and forwarding."""
    from chatapp_tail.cli.replay import replay_command  # noqa: PLC0415

    raise typer.Exit(replay_command(file, speed, show))


@commands.add()
def serve(
    ctx: typer.Context,  # noqa: ARG001
    output: OutputOptions,
    local: LocalOptions,
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65535, help="On 127.0.0.1; 0 takes any free one."),
    ] = 8765,
) -> None:
    """Run a local ChatApp. REST, channel authorization, Pusher websocket."""
    from chatapp_tail.cli.local import serve_command  # noqa: PLC0415

    raise typer.Exit(serve_command(output, local, port=port))


@commands.add(epilog=TRIGGER_EPILOG)
def trigger(
    ctx: typer.Context,  # noqa: ARG001
    options: TriggerOptions,
    event: Annotated[str, typer.Argument(metavar="EVENT", autocompletion=known_events)],
    spec: Annotated[str | None, typer.Argument(metavar="[SPEC]")] = None,
) -> None:
    """Send an event. Into a running `chatapp-tail serve`, or to a webhook."""
    from chatapp_tail.cli.trigger import trigger_command  # noqa: PLC0415

    raise typer.Exit(trigger_command(event, spec, options))


@commands.add()
def events(
    ctx: typer.Context,  # noqa: ARG001
    output: OutputOptions,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
) -> None:
    """List the documented events. Or show one with its fields and sample."""
    from chatapp_tail.cli.events import events_command  # noqa: PLC0415

    raise typer.Exit(events_command(name, output))


def main(arguments: list[str] | None = None, *, program: typer.Typer = app) -> int:
    """Run the command line and return the exit code. Errors end as one line on stderr."""
    _open_closed_streams()
    if _COMPLETION in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined] # noqa: PLC0415

        completion_init()
    command = typer.main.get_command(program)
    try:
        code = command.main(arguments, prog_name="chatapp-tail", standalone_mode=False)
    except ChatAppTailError as error:
        return _report(error)
    except _ClickError as error:
        hint = "See: chatapp-tail --help"
        return _report(UsageError(error.format_message().rstrip("."), hint=hint))
    except typer.Abort:  # Ctrl-C, or no more input, at a prompt
        return int(ExitCode.SIGINT)
    except SystemExit:  # Typer's end where the reader of --help left; for us that is a good end
        return int(ExitCode.OK)
    except Exception as error:  # noqa: BLE001 (the last line of defence: no traceback, one sentence)
        return _report_unexpected(error, sys.argv[1:] if arguments is None else arguments)
    return code if isinstance(code, int) else int(ExitCode.OK)


def _open_closed_streams() -> None:
    """Give a process that was started without them (``<&-``, ``2>&-``) stdin and stderr."""
    sys.stdin = sys.stdin or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _report(error: ChatAppTailError) -> int:
    from chatapp_tail.output.status import Status  # noqa: PLC0415

    Status(sys.stderr).error(error)
    return int(error.exit_code)


def _report_unexpected(error: Exception, arguments: list[str]) -> int:
    if isinstance(error.__cause__, KeyboardInterrupt):  # Python 3.11 wraps it while a class is made
        return int(ExitCode.SIGINT)
    if isinstance(error, OSError) and error.errno in _CANT_BE_WRITTEN:
        from chatapp_tail.cli.run import discard_stdout  # noqa: PLC0415

        discard_stdout(sys.stdout)  # or the interpreter tries once more, and ends with 120
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
