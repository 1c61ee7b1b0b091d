"""The streams of this process, as all commands use them."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from chatapp_tail.errors import ExitCode, OutputError
from chatapp_tail.output import ColorMode, OutputFormat, terminal_width, use_color
from chatapp_tail.output.unbuffered import RawStream, unbuffered
from chatapp_tail.wakeup import file_descriptor

if TYPE_CHECKING:
    from chatapp_tail.statistics import Summary

# Formats in which a list is JSON Lines.
LISTED_AS_JSON = (OutputFormat.JSON, OutputFormat.PRETTY, OutputFormat.RAW)


def write(text: str) -> ExitCode:
    """Write ``text`` to stdout, as all that a command does."""
    with written_out():
        sys.stdout.write(text)
    return ExitCode.OK


def write_json(objects: Iterable[Mapping[str, object]]) -> None:
    """Write JSON Lines to stdout, each as soon as there is one."""
    from chatapp_tail import jsontext  # noqa: PLC0415 (loads orjson)

    for one in objects:
        sys.stdout.write(jsontext.dumps(one).decode() + "\n")
        sys.stdout.flush()


def has_color(mode: ColorMode) -> bool:
    """Return whether to colour what goes to stdout."""
    return use_color(mode, os.environ, is_terminal=sys.stdout.isatty())


def wants_dates() -> bool:
    """Return whether sentences on stderr need a date: not on a terminal, nor in the journal.

    Source: systemd.exec(5), ``JOURNAL_STREAM``.
    """
    fd = file_descriptor(sys.stderr)
    if fd is None or os.isatty(fd):
        return False
    found = os.fstat(fd)
    return os.environ.get("JOURNAL_STREAM") != f"{found.st_dev}:{found.st_ino}"


def raw_stream(stream: TextIO) -> RawStream:
    """Return the unbuffered stream below ``stream``. Raises ``OutputError`` if it is closed."""
    try:
        raw = unbuffered(stream)
    except (OSError, ValueError) as exc:
        raise OutputError("standard output is closed") from exc
    if raw is None:
        raise OutputError("standard output takes no bytes")
    return raw


@contextmanager
def written_out() -> Iterator[None]:
    """Flush stdout after what is written inside; a reader that leaves is no error, but the end."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        discard_stdout()


def discard_stdout() -> None:
    """Point stdout to nowhere: its reader left, and the interpreter flushes it at exit."""
    fd = file_descriptor(sys.stdout)
    if fd is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, fd)
        os.close(nowhere)


def terminal_fd(stream: TextIO) -> int | None:
    """Return the stream's descriptor if it is a terminal."""
    return file_descriptor(stream) if stream.isatty() else None


def draw_summary(summary: "Summary") -> str:
    """Return a summary as a table for stderr."""
    from chatapp_tail.output.printing import summary_lines  # noqa: PLC0415 (loads Rich)

    fd = terminal_fd(sys.stderr)
    width = terminal_width(fd, os.environ)
    color = use_color(ColorMode.AUTO, os.environ, is_terminal=fd is not None)
    return summary_lines(summary, width=width, color=color)
