"""The documented events as Rich tables, for ``chatapp-tail events``."""

from collections.abc import Iterable
from typing import TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from chatapp_tail import jsontext
from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EventType, fields, samples
from chatapp_tail.chatapp.values import dig
from chatapp_tail.output.console import make_console

# Specs of channels that don't belong to a licence.
_SPECS = {Scope.COMPANY: "company/2224", Scope.USER: "user/685"}


LEGEND = (
    ("← →", "a message came in, or went out; behind → who wrote it"),
    ("(↩ words)", "it quotes the message with these words"),
    ("+15m", "behind an arrow: it came that much later than it was sent"),
    ("(again)", "the same message came before, with the same words"),
    ("(edited)", "the same message came before, with other words"),
    ("(deleted)", "it was deleted"),
    ("✓ ✓✓", "a message was sent; delivered, or viewed"),
    ("✗", "it failed, and why"),
    ("+1.4s", "behind a status: so long after the message"),
    ("~", "from the API (--since, --backfill), with the time when it was sent"),
    ("MSG", "the message's id, or 4 signs that stand for a longer one: --msg k3q9"),
)
"""The signs in rows, and what they mean."""


def print_events(events: Iterable[EventType], stream: TextIO, *, color: bool) -> None:
    """Print one row an event: name, channel, meaning."""
    table = Table("EVENT", "CHANNEL", "MEANING", box=box.SIMPLE, pad_edge=False)
    for event in events:
        table.add_row(Text(event.name, "green"), event.scope, event.meaning)
    console = make_console(stream, color=color)
    console.print(table)
    console.print("One of them with its fields and a sample: chatapp-tail events message")
    legend = Table.grid(padding=(0, 2, 0, 0))
    for sign, meaning in LEGEND:
        legend.add_row(Text(sign, "bold"), meaning)
    console.print("\nIn a row of the table:")
    console.print(legend)


def print_event(event: EventType, stream: TextIO, *, color: bool) -> None:
    """Print meaning, fields and samples of one event, and how to get it."""
    console = make_console(stream, color=color)
    console.print(Text.assemble((event.name, "bold green"), f": {event.meaning}"))
    console.print(f"Comes on {event.scope} channels; one row and one record for each item of data.")
    table = Table("FIELD", "TYPE", "VALUES", box=box.SIMPLE, pad_edge=False)
    for field in fields(event.name):
        table.add_row(Text(field.path), field.type, Text(field.values))
    console.print(table)
    documented = samples(event.name)
    console.print("Sample:" if len(documented) == 1 else "Samples:")
    for sample in documented:
        console.print(Text(jsontext.dumps(sample, indent=True).decode()), soft_wrap=True)
    console.print(_examples(event), soft_wrap=True)


def _examples(event: EventType) -> str:
    """Return command lines for the event; a test of a field if one has known values."""
    watch = f"chatapp-tail {_spec(event)} -e {event.name}"
    lines = ["\nExamples:", "  # Only this event", f"  {watch}"]
    if known := next((field for field in fields(event.name) if field.values), None):
        test = f"data.{known.path.replace('[]', '')}={known.values.partition(' | ')[0]}"
        lines += ["  # By a field: its path as above, after data.", f"  {watch} -w {test}"]
    return "\n".join(
        [
            *lines,
            "  # Try it without an account, while chatapp-tail serve runs in another terminal",
            f"  chatapp-tail trigger {event.name}",
        ]
    )


def _spec(event: EventType) -> str:
    """Return a channel on which the event comes."""
    messenger = dig(samples(event.name)[0], "meta", "messengerType")
    return f"1229/{messenger}" if event.scope is Scope.LICENSE else _SPECS[event.scope]
