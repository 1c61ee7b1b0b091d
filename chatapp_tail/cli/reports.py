"""What lists, reports and all that is said on stderr have in common: format, colour, verbosity."""

from collections.abc import Iterable, Mapping

from chatapp_tail import jsontext
from chatapp_tail.cli.options import ListOptions, VerbosityOptions
from chatapp_tail.cli.streams import Streams
from chatapp_tail.errors import UsageError
from chatapp_tail.output import ColorMode, OutputFormat, use_color
from chatapp_tail.output.formats import OutputSettings
from chatapp_tail.output.status import Verbosity


def build_list(options: ListOptions) -> OutputSettings:
    """Return how to write lists and reports. Raises ``UsageError`` for two formats.

    There is nothing to browse in them: where that is the usual format, they choose their own.
    """
    chosen = output_of(options)
    return chosen._replace(format=None) if chosen.format is OutputFormat.BROWSE else chosen


def output_of(options: ListOptions) -> OutputSettings:
    """Return the format and when to colour. Raises ``UsageError`` for two formats."""
    if options.json and options.format not in (None, OutputFormat.JSON):
        raise UsageError(
            f"{options.format} and json contradict each other",
            hint="Leave one out.",
            option="format",
        )
    return OutputSettings(
        format=OutputFormat.JSON if options.json else options.format,
        color=options.color or ColorMode.AUTO,
    )


def verbosity(options: VerbosityOptions) -> int:
    """Return the Verbosity that -q and -v ask for."""
    return int(Verbosity.QUIET) if options.quiet else options.verbose


def has_color(output: OutputSettings, streams: Streams) -> bool:
    """Return whether to colour what goes to stdout."""
    is_terminal = streams.stdout.isatty()
    return use_color(output.color, streams.environment, is_terminal=is_terminal)


def write_json(objects: Iterable[Mapping[str, object]], streams: Streams) -> None:
    """Write JSON Lines to stdout, each as soon as there is one."""
    for one in objects:
        streams.stdout.write(jsontext.dumps(one).decode() + "\n")
        streams.stdout.flush()
