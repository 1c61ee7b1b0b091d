"""Decompression of recordings: gzip, xz and bzip2, recognized by their first bytes.

``--record`` writes gzip members one after the other. A crash can leave a member without its end,
and the next run appends its own member behind it. gunzip stops there; this module reads the torn
member as far as possible, and then the next one.
"""

import codecs
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from chatapp_tail.errors import UsageError

if TYPE_CHECKING:
    from bz2 import BZ2Decompressor
    from lzma import LZMADecompressor
    from zlib import _Decompress as Member

_MAGIC = b"\x1f\x8b\x08"
_XZ_MAGIC = b"\xfd7zXZ\x00"
_BZIP2_MAGIC = b"BZh"
# Formats that aren't read: their first bytes, their name, and a command that converts them.
_OTHER_FORMS = (
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", "zstd -dc FILE"),
    (b"PK\x03\x04", "a zip archive", "unzip -p FILE"),
    (codecs.BOM_UTF16_LE, "text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"),
    (codecs.BOM_UTF16_BE, "text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"),
    (b"{\x00", "text in UTF-16", "iconv -f UTF-16LE -t UTF-8 FILE"),
    (b"\x00{", "text in UTF-16", "iconv -f UTF-16BE -t UTF-8 FILE"),
)
_LONGEST_MAGIC = len(_XZ_MAGIC)
# xz -9 needs 65 MiB to decompress; a hostile file may ask for 4 GiB.
_XZ_MEMORY = 128 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS
# Our members are smaller than this, so the one after a torn one begins within these bytes.
_REMEMBERED = 256 * 1024
# Small inputs: leftover bytes are copied for each member.
_INPUT_BYTES = 16 * 1024
_OUTPUT_BYTES = 256 * 1024


def unpack(blocks: Iterable[bytes], warn: Callable[[str], None]) -> Iterator[bytes]:
    """Return the decompressed ``blocks``; ``warn`` takes a message about each damaged place.

    Raises ``UsageError`` for a format that isn't read.
    """
    begin, rest = b"", iter(blocks)
    for block in rest:
        begin += block
        if len(begin) >= _LONGEST_MAGIC:
            break
    for magic, form, command in _OTHER_FORMS:
        if begin.startswith(magic):
            raise UsageError(
                f"the recording is {form}, which chatapp-tail can't read",
                hint=f"Convert it: {command} | chatapp-tail replay -",
            )
    whole = chain([begin.removeprefix(codecs.BOM_UTF8)], rest)
    if begin.startswith(_MAGIC):
        return _ungzipped(whole, warn)
    if begin.startswith(_XZ_MAGIC):
        from lzma import FORMAT_XZ, LZMADecompressor  # noqa: PLC0415 (few recordings are xz)

        return _decompressed(whole, partial(LZMADecompressor, FORMAT_XZ, _XZ_MEMORY), "xz", warn)
    if begin.startswith(_BZIP2_MAGIC):
        from bz2 import BZ2Decompressor  # noqa: PLC0415 (few recordings are bzip2)

        return _decompressed(whole, BZ2Decompressor, "bzip2", warn)
    return whole


def _decompressed(
    blocks: Iterable[bytes],
    new: "Callable[[], LZMADecompressor | BZ2Decompressor]",
    name: str,
    warn: Callable[[str], None],
) -> Iterator[bytes]:
    """Decompress streams that follow each other, perhaps with zeros between them."""
    stream, is_open = new(), False
    for piece in _pieces(blocks):
        data = piece if is_open else piece.lstrip(b"\0")
        while data or not stream.needs_input:
            is_open = True
            try:
                yield stream.decompress(data, _OUTPUT_BYTES)
            except Exception as exc:  # noqa: BLE001 (all are reported)
                warn(f"the {name} data is damaged ({exc}); what comes before that is read")
                return
            data = b""
            if stream.eof:
                data, stream, is_open = stream.unused_data.lstrip(b"\0"), new(), False
    if is_open:
        warn(f"the {name} data is cut off; everything before that is read")


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        for at in range(0, len(block), _INPUT_BYTES):
            yield block[at : at + _INPUT_BYTES]


def _ungzipped(blocks: Iterable[bytes], warn: Callable[[str], None]) -> Iterator[bytes]:
    unpacker = _Unpacker(warn)
    for piece in _pieces(blocks):
        yield from unpacker.feed(piece)
    yield unpacker.finish()


class _Unpacker:
    """Decompresses gzip members. ``_ahead`` are unread bytes, ``_taken`` those of this member."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._member: Member | None = None
        self._taken = b""
        self._ahead = b""
        self._is_damage_said = False

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Take one more block and yield what can be decompressed."""
        self._ahead += block
        while self._ahead and (member := self._member or self._next_member()):
            yield from self._inflate(member)

    def finish(self) -> bytes:
        """Return what is left at the end of the input."""
        if self._member is None:
            return b""
        self._warn("the gzip data is cut off; everything before that is read")
        return self._member.flush()

    def _next_member(self) -> "Member | None":
        """Skip to the beginning of the next member; None if there is none yet."""
        at = self._ahead.find(_MAGIC)
        skipped = at if at >= 0 else max(len(self._ahead) - len(_MAGIC) + 1, 0)
        if self._ahead[:skipped].strip(b"\0"):  # gunzip accepts zeros, too
            self._say_damage()
        self._ahead = self._ahead[skipped:]
        if at >= 0:
            self._member, self._taken = zlib.decompressobj(_GZIP), b""
        return self._member

    def _inflate(self, member: "Member") -> Iterator[bytes]:
        """Decompress what is there with ``member``, up to its end or a damaged place."""
        self._taken = self._taken[-_REMEMBERED:] + self._ahead
        while self._ahead and not member.eof:
            before = member.copy()
            try:
                yield member.decompress(self._ahead, _OUTPUT_BYTES)
            except zlib.error:
                yield from _up_to_damage(before, self._ahead)
                yield b"\n"  # no line continues in the next member
                self._say_damage()
                self._member, self._ahead = None, self._taken[1:]
                return
            self._ahead = member.unconsumed_tail
        if member.eof:
            self._member, self._ahead = None, member.unused_data
            self._is_damage_said = False

    def _say_damage(self) -> None:
        if not self._is_damage_said:
            self._warn("the gzip data is damaged; reading continues at the next undamaged part")
        self._is_damage_said = True


def _up_to_damage(member: "Member", data: bytes) -> Iterator[bytes]:
    """Decompress byte by byte up to the first bad one: zlib returns nothing with an error."""
    with suppress(zlib.error):
        for at in range(len(data)):
            yield member.decompress(data[at : at + 1], _OUTPUT_BYTES)
