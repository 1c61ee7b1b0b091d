"""Cutting and wrapping of text by terminal cells, in linear time. Pure."""

import re
from bisect import bisect_right
from collections.abc import Iterator

_ELLIPSIS = "…"
# The indent of a message's lines below the first.
_INDENT = "    "
# The most characters for each cell of a line: combining characters take none.
_CHARACTERS_A_CELL = 8
# Latin, Greek, Cyrillic, punctuation, arrows and ticks: each takes one cell.
_NARROW = re.compile(
    "[\x20-\x7e\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2190-\u21ff\u2713\u2717]*"
).fullmatch
_SPACES = re.compile(" *")
# Each with the spaces before it.
_WORDS = re.compile(" *[^ ]+")


def cells(text: str) -> int:
    """Return how many terminal cells the cleaned ``text`` takes."""
    if text.isascii() or _NARROW(text):
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 (rarely needed)

    return cell_len(text)


def fitting(text: str, width: int) -> int:
    """Return how many characters fit into ``width`` cells.

    Rich's own ``set_cell_size`` fails for odd sequences of joiners, which it measures in two ways.
    """
    if text.isascii() or _NARROW(text):
        return min(len(text), max(width, 0))
    end = min(len(text), width)
    if cells(text[:end]) <= width:  # some characters take no cell
        end = len(text)
    return bisect_right(range(end + 1), width, key=lambda end: cells(text[:end])) - 1


def filled(text: str, width: int) -> Iterator[str]:
    """Yield lines of at most ``width`` cells, broken at spaces where there are any."""
    longest = width * _CHARACTERS_A_CELL
    start = 0
    while start < len(text):
        piece = text[start : start + longest + 1]
        if len(piece) <= longest and cells(piece) <= width:
            yield piece
            return
        end = fitting(piece[:longest], width)
        if end == 0:  # a wide character on one column
            yield _ELLIPSIS
            start += 1
            continue
        line = piece[: end + 1].rpartition(" ")[0].rstrip() or piece[:end]
        yield line
        start = _after_spaces(text, start + len(line))


def rule(words: str, width: int) -> str:
    """Return ``── words ───…`` of ``width`` cells, or longer if the words are."""
    line = f"── {words} "
    return line + "─" * max(width - cells(line), 2)


def broken(sentence: str, width: int) -> str:
    """Return ``sentence`` in lines of at most ``width`` cells, indented below the first.

    A longer word isn't broken, so that it can be copied.
    """
    if len(sentence) * 2 <= width or cells(sentence) <= width:  # no character is wider than two
        return sentence
    lines, line, room = list[str](), "", width
    for word in _WORDS.findall(sentence.rstrip()):
        if cells(word) <= room or not line.strip():
            line += word
            room -= cells(word)
        else:
            lines.append(line)
            line = _INDENT + word.lstrip()
            room = width - cells(line)
    return "\n".join([*lines, line])


def _after_spaces(text: str, start: int) -> int:
    spaces = _SPACES.match(text, start)
    return spaces.end() if spaces else start
