"""The documented events as Rich tables, for ``chatapp-tail events``."""

from collections.abc import Iterable
from typing import TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from chatapp_tail import jsontext
from chatapp_tail.chatapp.events import EventType, fields, samples
from chatapp_tail.output.console import make_console


def print_events(events: Iterable[EventType], stream: TextIO, *, color: bool) -> None:
    """Print one row an event: name, channel, meaning."""
    table = Table("EVENT", "CHANNEL", "MEANING", box=box.SIMPLE, pad_edge=False)
    for event in events:
        table.add_row(Text(event.name, "green"), event.scope, event.meaning)
    console = make_console(stream, color=color)
    console.print(table)
    console.print("One of them with its fields and a sample: chatapp-tail events message")


def print_event(event: EventType, stream: TextIO, *, color: bool) -> None:
    """Print meaning, fields and samples of one event."""
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
