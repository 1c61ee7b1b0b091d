"""``chatapp-tail events [NAME]``: the documented events, as tables or JSON."""

import sys

from chatapp_tail.chatapp.events import EVENTS, EventType, fields, near_event, samples
from chatapp_tail.cli.options import ListOptions
from chatapp_tail.cli.streams import has_color, write_json, written_out
from chatapp_tail.errors import ExitCode, UsageError
from chatapp_tail.output import OutputFormat


def events_command(name: str | None, options: ListOptions) -> ExitCode:
    """Show all events, or everything about one. Raises ``UsageError`` for an unknown name."""
    chosen = list(EVENTS.values()) if name is None else [_find(name)]
    with written_out():
        if options.list_format() is OutputFormat.JSON:
            write_json(map(_as_dict, chosen))
        else:
            from chatapp_tail.output.printing import print_event, print_events  # noqa: PLC0415

            color = has_color(options.color)
            if name is None:
                print_events(chosen, sys.stdout, color=color)
            else:
                print_event(chosen[0], sys.stdout, color=color)
    return ExitCode.OK


def _find(name: str) -> EventType:
    event = EVENTS.get(name)
    if event is None:
        near = near_event(name)
        hint = f"Did you mean {near}?" if near else "List them: chatapp-tail events"
        raise UsageError(f"there is no documented event {name!r}", hint=hint)
    return event


def _as_dict(event: EventType) -> dict[str, object]:
    """Return what --json writes of an event."""
    return {
        "name": event.name,
        "scope": event.scope,
        "meaning": event.meaning,
        "fields": [
            {"path": field.path, "type": field.type, "values": field.values or None}
            for field in fields(event.name)
        ],
        "samples": samples(event.name),
    }
