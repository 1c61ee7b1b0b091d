"""Sentences about the connection, on stderr: one a line, cleaned, without secrets."""

import re
from enum import IntEnum
from typing import TextIO

from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.output.sanitize import clean

PROGRAM = "chatapp-tail"
_MASK = "***"
_AUTH = re.compile(r'("auth"\s*:\s*")[^"]*')
# A frame can be 8 MB; on a terminal its beginning is enough.
_LONGEST_SENTENCE = 10_000


class Verbosity(IntEnum):
    """How much is said."""

    QUIET = -1
    NORMAL = 0
    VERBOSE = 1
    FRAMES = 2


class Status:
    """Says what happens. Remote text may be part of any sentence: all of it is cleaned here."""

    def __init__(self, stream: TextIO, verbosity: int = Verbosity.NORMAL) -> None:
        self._stream = stream
        self._verbosity = verbosity
        self._secrets: list[str] = []

    def hide(self, secret: str) -> None:
        """Replace ``secret`` by *** in everything said from now on."""
        if secret and secret not in self._secrets:
            self._secrets.append(secret)

    def error(self, error: ChatAppTailError) -> None:
        """Say what went wrong, and the next step below it."""
        self._write(f"{PROGRAM}: error: ", error.message)
        self._hint(error.hint)

    def warn(self, sentence: str, hint: str = "") -> None:
        """Say what the user should know; silent with -q."""
        if self._verbosity >= Verbosity.NORMAL:
            self._write(f"{PROGRAM}: warning: ", sentence)
            self._hint(hint)

    def say(self, sentence: str) -> None:
        """Say what happens; silent with -q."""
        if self._verbosity >= Verbosity.NORMAL:
            self._write(f"{PROGRAM}: ", sentence)

    def detail(self, sentence: str) -> None:
        """Say it with -v."""
        if self._verbosity >= Verbosity.VERBOSE:
            self._write(f"{PROGRAM}: ", sentence)

    def frame(self, direction: str, text: str) -> None:
        """Show one websocket message with -vv, signatures masked; ``direction`` is < or >."""
        if self._verbosity >= Verbosity.FRAMES:
            self._write(f"{direction} ", _AUTH.sub(rf"\g<1>{_MASK}", text))

    def _hint(self, hint: str) -> None:
        for line in hint.splitlines():
            self._write("  ", line)

    def _write(self, prefix: str, text: str) -> None:
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        try:
            self._stream.write(f"{prefix}{clean(text[:_LONGEST_SENTENCE])}\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads stderr; the events are what matters
