"""Text for a terminal: made safe, coloured, and cut and wrapped by its cells, in linear time.

Terminals act on control characters, and bidi controls reorder text; Rich lets both through. So all
text from a server goes through ``clean`` before it reaches a row or a message.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

# C0 without exception, DEL, C1; soft hyphen and the invisible characters of the format class,
# bidi controls among them, but for U+200C and U+200D, which spell Persian and join emoji families;
# line and paragraph separators; lone surrogates. The tags of flag emoji (U+E0020…) stay, too.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001\ud800-\udfff]",
)
_ELLIPSIS = "…"
# The indent of a message's lines below the first.
_INDENT = "    "
# The most characters for each cell of a line: combining characters take none.
_CHARACTERS_A_CELL = 8
# Latin, Greek, Cyrillic, punctuation, arrows and ticks: each takes one cell.
_NARROW = re.compile(
    "[\x20-\x7e\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2190-\u21ff\u2713\u2717]*"
).fullmatch
# Each with the spaces before it.
_WORDS = re.compile(" *[^ ]+")


def clean(text: str) -> str:
    """Return ``text`` with unsafe characters as visible escapes: ``\\x1b``, ``\\n``."""
    if text.isprintable():  # a loop in C; true for almost everything
        return text
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def colored(text: str, codes: str) -> str:
    """Return ``text`` in the colours of ``codes``, as ``1;33``; nothing for no text."""
    return f"\x1b[{codes}m{text}\x1b[0m" if text else ""


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


def fit(text: str, width: int) -> str:
    """Return ``text`` cut or padded to ``width`` cells."""
    if len(text) <= width and text.isascii():
        return text.ljust(width)
    text = cut(text, width)
    return text + " " * (width - cells(text))


def cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` cells; cut text ends in an ellipsis."""
    if len(text) * 2 <= width or cells(text) <= width:  # no character is wider than two
        return text
    return text[: fitting(text, width - 1)].rstrip() + _ELLIPSIS if width > 0 else ""


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
        start += len(line)
        while text.startswith(" ", start):
            start += 1


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
