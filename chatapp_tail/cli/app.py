"""The program: runs the command that its words name, and turns errors into exit codes."""

import errno
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from chatapp_tail import __version__
from chatapp_tail.errors import ChatAppTailError, ExitCode, OutputError

# A disk that is full or broken; only stdout is ever written to.
_CANT_BE_WRITTEN = (errno.ENOSPC, errno.EFBIG, errno.EIO)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code. Errors end as one line on stderr."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        _prepare_streams()
        return int(_run(words))
    except ChatAppTailError as error:
        return _report(error)
    except Exception as error:  # noqa: BLE001 (no traceback for users)
        return _report_unexpected(error, words)


def _run(words: Sequence[str]) -> ExitCode:
    """Run the command that the words name. Raises what it raises, and ``UsageError``."""
    from chatapp_tail.cli.streams import write  # noqa: PLC0415 (after the try in main)

    if words and words[0] == "--version":  # needs nothing of what is imported below
        return write(f"chatapp-tail {__version__}\n")
    from chatapp_tail.cli.parser import command_of, parse, read_arguments  # noqa: PLC0415 (slow)
    from chatapp_tail.cli.precedence import SPECS, blaming, settle  # noqa: PLC0415

    command, words = command_of(words)
    line = parse(command, words)
    if "help" in line.options:
        from chatapp_tail.cli.help import command_help  # noqa: PLC0415

        return write(command_help(command, is_brief="--help" not in words))
    if "version" in line.options:
        return write(f"chatapp-tail {__version__}\n")
    given = read_arguments(command, line.words)
    chosen = settle(
        command.options,
        line.options,
        os.environ,
        has_specs=bool(given.get(SPECS)),
        hint=command.see,
    )
    with blaming(chosen.given):
        return command.run(chosen, given)


def _prepare_streams() -> None:
    """Replace stdin and stderr by /dev/null where they are closed (``<&-``, ``2>&-``).

    Make stdout UTF-8 in any locale, as the tail's writer does: other encodings can't hold every
    event. Raises ``OutputError`` where stdout is closed: every command writes there.
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


def _report_unexpected(error: Exception, words: Sequence[str]) -> int:
    if isinstance(error.__cause__, KeyboardInterrupt):  # Python 3.11 wraps it while a class is made
        return int(ExitCode.SIGINT)
    if isinstance(error, OSError) and error.errno in _CANT_BE_WRITTEN:
        return _report(OutputError(f"standard output can't be written: {error.strerror}"))
    if "-vv" in words:
        from chatapp_tail.output.status import Status  # noqa: PLC0415

        Status(sys.stderr).trace(error)
    return _report(
        ChatAppTailError(
            f"unexpected {type(error).__name__}: {error}",
            hint="This is a bug in chatapp-tail. With -vv it shows where.",
        )
    )
