"""The streams of this process, as all commands use them."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TextIO

from chatapp_tail.errors import ExitCode, OutputError
from chatapp_tail.output import ColorMode, terminal_width, use_color
from chatapp_tail.output.unbuffered import RawStream, unbuffered
from chatapp_tail.wakeup import file_descriptor

if TYPE_CHECKING:
    from chatapp_tail.statistics import Summary


class Streams(NamedTuple):
    """The three streams and the environment of the process."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environment: Mapping[str, str]


def process_streams() -> Streams:
    """Return those of this process."""
    return Streams(sys.stdin, sys.stdout, sys.stderr, os.environ)


def write(text: str) -> ExitCode:
    """Write ``text`` to stdout, as all that a command does."""
    streams = process_streams()
    with written_out(streams):
        streams.stdout.write(text)
    return ExitCode.OK


def write_json(objects: Iterable[Mapping[str, object]], streams: Streams) -> None:
    """Write JSON Lines to stdout, each as soon as there is one."""
    from chatapp_tail import jsontext  # noqa: PLC0415 (loads orjson)

    for one in objects:
        streams.stdout.write(jsontext.dumps(one).decode() + "\n")
        streams.stdout.flush()


def has_color(mode: ColorMode, streams: Streams) -> bool:
    """Return whether to colour what goes to stdout."""
    return use_color(mode, streams.environment, is_terminal=streams.stdout.isatty())


def wants_dates(streams: Streams) -> bool:
    """Return whether sentences on stderr need a date: not on a terminal, nor in the journal.

    Source: systemd.exec(5), ``JOURNAL_STREAM``.
    """
    fd = file_descriptor(streams.stderr)
    if fd is None or os.isatty(fd):
        return False
    found = os.fstat(fd)
    return streams.environment.get("JOURNAL_STREAM") != f"{found.st_dev}:{found.st_ino}"


def raw_stream(stdout: TextIO) -> RawStream:
    """Return the unbuffered stream below ``stdout``. Raises ``OutputError`` if it is closed."""
    try:
        raw = unbuffered(stdout)
    except (OSError, ValueError) as exc:
        raise OutputError("standard output is closed") from exc
    if raw is None:
        raise OutputError("standard output takes no bytes")
    return raw


@contextmanager
def written_out(streams: Streams) -> Iterator[None]:
    """Flush stdout after what is written inside; a reader that leaves is no error, but the end."""
    try:
        yield
        streams.stdout.flush()
    except BrokenPipeError:
        discard_stdout(streams.stdout)


def discard_stdout(stdout: TextIO) -> None:
    """Point stdout to nowhere: its reader left, and the interpreter flushes it at exit."""
    fd = file_descriptor(stdout)
    if fd is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, fd)
        os.close(nowhere)


def terminal_fd(stdout: TextIO) -> int | None:
    """Return stdout's descriptor if it is a terminal."""
    return file_descriptor(stdout) if stdout.isatty() else None


def summary_drawer(streams: Streams) -> "Callable[[Summary], str]":
    """Return the function that draws a summary for stderr."""
    fd = file_descriptor(streams.stderr) if streams.stderr.isatty() else None

    def draw(summary: "Summary") -> str:
        from chatapp_tail.output.printing import summary_lines  # noqa: PLC0415 (loads Rich)

        width = terminal_width(fd, streams.environment)
        color = use_color(ColorMode.AUTO, streams.environment, is_terminal=fd is not None)
        return summary_lines(summary, width=width, color=color)

    return draw
