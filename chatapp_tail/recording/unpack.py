"""What a recording holds, unpacked if it is packed: gzip, xz and bzip2, told by how they begin.

Gzip is what ``--record`` writes: members one after the other, read as far as they can be. A crash
can leave a member without its end, and the next run appends its own behind it. gunzip stops there;
here what the torn one holds is read up to the tear, and then the next one.
"""

import codecs
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Protocol

from chatapp_tail.errors import UsageError

_MAGIC = b"\x1f\x8b\x08"
_XZ_MAGIC = b"\xfd7zXZ\x00"
_BZIP2_MAGIC = b"BZh"
# How forms begin that aren't read here, what they are, and what makes text of them.
_OTHER_FORMS = (
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", "zstd -dc FILE"),
    (b"PK\x03\x04", "a zip archive", "unzip -p FILE"),
    (codecs.BOM_UTF16_LE, "text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"),
    (codecs.BOM_UTF16_BE, "text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"),
    (b"{\x00", "text in UTF-16", "iconv -f UTF-16LE -t UTF-8 FILE"),
    (b"\x00{", "text in UTF-16", "iconv -f UTF-16BE -t UTF-8 FILE"),
)
_LONGEST_MAGIC = len(_XZ_MAGIC)
# xz -9 takes 65 MiB to unpack; a hostile file may ask for 4 GiB.
_XZ_MEMORY = 128 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS
# Members of ours are smaller than this: after a tear the next one begins in what was read last.
_REMEMBERED = 256 * 1024
# Small inputs: the bytes left over are copied for each member.
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


class _Stream(Protocol):
    """What ``lzma`` and ``bz2`` make."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


def unpack(blocks: Iterable[bytes], warn: Callable[[str], None]) -> Iterator[bytes]:
    """Return the text in ``blocks``; ``warn`` takes a sentence about each place that is damaged.

    Raises ``UsageError`` for a form that isn't read here.
    """
    begin, rest = b"", iter(blocks)
    for block in rest:
        begin += block
        if len(begin) >= _LONGEST_MAGIC:
            break
    for magic, form, command in _OTHER_FORMS:
        if begin.startswith(magic):
            raise UsageError(
                f"the recording is {form}, which isn't read here",
                hint=f"Make text of it: {command} | chatapp-tail replay -",
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
    blocks: Iterable[bytes], new: Callable[[], _Stream], name: str, warn: Callable[[str], None]
) -> Iterator[bytes]:
    """Yield what streams hold that stand one after the other, perhaps with zeros in between."""
    stream, is_open = new(), False
    for piece in _pieces(blocks):
        data = piece if is_open else piece.lstrip(b"\0")
        while data or not stream.needs_input:
            is_open = True
            try:
                yield stream.decompress(data, _OUTPUT_BYTES)
            except Exception as exc:  # noqa: BLE001 (OSError, LZMAError, MemoryError: all are said)
                warn(f"the {name} data is damaged ({exc}); what comes before that is read")
                return
            data = b""
            if stream.eof:
                data, stream, is_open = stream.unused_data.lstrip(b"\0"), new(), False
    if is_open:
        warn(f"the {name} data breaks off; what comes before that is read")


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
        at = self._ahead.find(_MAGIC)
        skipped = at if at >= 0 else max(len(self._ahead) - len(_MAGIC) + 1, 0)
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
