"""Blocks of bytes to lines, in flat memory whatever the blocks hold."""

from collections.abc import Iterable, Iterator

# No websocket message that a tail takes comes near it.
LONGEST_LINE = 64 * 1024 * 1024


def split_lines(blocks: Iterable[bytes], longest: int = LONGEST_LINE) -> Iterator[bytes | None]:
    """Yield lines with their newline, which the last one may lack; None for one over ``longest``.

    ``longest`` is in bytes, without the newline.
    """
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        first, *others = block.split(b"\n")
        size += len(first)
        if size <= longest:
            parts.append(first)
        if not others:
            continue
        yield b"".join((*parts, b"\n")) if size <= longest else None
        last = others.pop()
        yield from [line + b"\n" if len(line) <= longest else None for line in others]
        parts, size = [last], len(last)
    if size:
        yield b"".join(parts) if size <= longest else None
