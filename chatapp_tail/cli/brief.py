"""What ``chatapp-tail -h`` shows: one screen of 80 columns and 24 lines, the prompt included."""

from types import MappingProxyType
from typing import Final

from chatapp_tail.cli.examples import Example

USAGE: Final = "[COMMAND] [OPTIONS] [SPEC]..."
EXAMPLES: Final = (
    Example("no account needed", "demo"),
    Example("what customers write", "1229/telegram -e message -w data.side=in"),
    Example("everything, into a file", "--all --record today.jsonl.gz"),
)
# Every command that is listed, in few words.
COMMANDS: Final = MappingProxyType(
    {
        "channels": "what you may watch",
        "doctor": "find what is broken",
        "login": "store a login",
        "logout": "remove it",
        "demo": "try it, no account needed",
        "replay": "show a recording",
        "serve": "run a local ChatApp",
        "trigger": "send a test event",
        "events": "the documented events",
        "completion": "TAB in your shell",
    }
)
# By their keys, the ten that are needed most.
OPTIONS: Final = MappingProxyType(
    {
        "all": "watch every channel that the token may watch",
        "event": "only these events; message,messageStatus or chat*",
        "chat": "only this chat: phone, name, @username, e-mail, id",
        "grep": "only rows that match",
        "where": "only if a field passes: data.side=in",
        "format": "table, json, plain, pretty or raw",
        "since": "first the messages from T on: 10m, 08:00",
        "backfill": "after a gap, fetch its messages",
        "record": "keep everything in a file; replay shows it again",
        "verbose": "say each step; -vv shows each frame",
    }
)
