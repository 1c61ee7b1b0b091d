"""Gzip in blocks, members one after the other, as far as they can be read.

A crash can leave a member without its end, and the next run appends its own behind it. gunzip
stops there; here what the torn one holds is read up to the tear, and then the next one.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Protocol

MAGIC = b"\x1f\x8b\x08"
_GZIP = 16 + zlib.MAX_WBITS
# Members of ours are smaller than this: after a tear the next one begins in what was read last.
_REMEMBERED = 256 * 1024
# What members leave of their input is copied, so there shouldn't be much of it.
_INPUT_BYTES = 16 * 1024
_OUTPUT_BYTES = 256 * 1024


class _Member(Protocol):
    """What ``zlib.decompressobj`` makes."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...
    def flush(self) -> bytes: ...
    def copy(self) -> "_Member": ...


def unpack(blocks: Iterable[bytes], warn: Callable[[str], None]) -> Iterator[bytes]:
    """Yield what ``blocks`` hold; ``warn`` takes a sentence about each place that is damaged."""
    unpacker = _Unpacker(warn)
    for block in blocks:
        for at in range(0, len(block), _INPUT_BYTES):
            yield from unpacker.feed(block[at : at + _INPUT_BYTES])
    yield unpacker.finish()


class _Unpacker:
    """Members one after the other. ``_ahead`` is what none has taken yet, ``_taken`` the rest."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._member: _Member | None = None
        self._taken = b""
        self._ahead = b""
        self._is_damage_said = False

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Yield what can be read with one more block."""
        self._ahead += block
        while self._ahead and (member := self._member or self._next_member()):
            yield from self._inflate(member)

    def finish(self) -> bytes:
        """Return what is left at the end of the input."""
        if self._member is None:
            return b""
        self._warn("the gzip data breaks off; what comes before that is read")
        return self._member.flush()

    def _next_member(self) -> _Member | None:
        """Go on to where the next member begins; None if that hasn't come yet."""
        at = self._ahead.find(MAGIC)
        skipped = at if at >= 0 else max(len(self._ahead) - len(MAGIC) + 1, 0)
        if self._ahead[:skipped].strip(b"\0"):  # zeros are no damage to gunzip either
            self._say_damage()
        self._ahead = self._ahead[skipped:]
        if at >= 0:
            self._member, self._taken = zlib.decompressobj(_GZIP), b""
        return self._member

    def _inflate(self, member: _Member) -> Iterator[bytes]:
        """Let ``member`` take what is there; notice its end, and where it was torn."""
        self._taken = self._taken[-_REMEMBERED:] + self._ahead
        while self._ahead and not member.eof:
            before = member.copy()
            try:
                yield member.decompress(self._ahead, _OUTPUT_BYTES)
            except zlib.error:
                yield from _up_to_damage(before, self._ahead)
                yield b"\n"  # a line doesn't go on in the next member
                self._say_damage()
                self._member, self._ahead = None, self._taken[1:]
                return
            self._ahead = member.unconsumed_tail
        if member.eof:
            self._member, self._ahead = None, member.unused_data
            self._is_damage_said = False

    def _say_damage(self) -> None:
        if not self._is_damage_said:
            self._warn("the gzip data is damaged; it is read on from the next part that isn't")
        self._is_damage_said = True


def _up_to_damage(member: _Member, data: bytes) -> Iterator[bytes]:
    """Yield what ``data`` holds up to its first bad byte; zlib gives nothing with an error."""
    with suppress(zlib.error):
        for at in range(len(data)):
            yield member.decompress(data[at : at + 1], _OUTPUT_BYTES)
