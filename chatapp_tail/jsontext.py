"""JSON text in and out: by orjson, or by the standard library where orjson refuses.

orjson reads and writes an event in a fifth of the standard library's time, but refuses lone
surrogates, which a server can send as ``\\ud83d``. ``NaN`` and ``Infinity`` are no JSON and stay
refused, as do numbers that no float holds (``1e999``) and nesting that couldn't be written again.
"""

import json
import math
import re
from collections.abc import Iterable

import orjson

# DEL, C1 controls, the bidi controls, the two Unicode line separators, and the byte order mark,
# which some readers drop or refuse, as UTF-8. orjson has escaped C0 already.
_DEL = 0x7F
# By the bytes that each begins with: these are quick to look for, and most lines have none.
_UNSAFE = {
    b"\x7f": rb"\x7f",
    b"\xc2": rb"\xc2[\x80-\x9f]",
    b"\xd8": rb"\xd8\x9c",
    b"\xe2": rb"\xe2(?:\x80[\x8e\x8f\xa8-\xae]|\x81[\xa6-\xa9])",
    b"\xef\xbb\xbf": rb"\xef\xbb\xbf",
}
# One search for each, because a search for alternatives is slower.
_SEARCHES = tuple((begin, re.compile(pattern).search) for begin, pattern in _UNSAFE.items())
_ANY_UNSAFE = re.compile(b"|".join(_UNSAFE.values()))

# orjson reads 1024 levels but writes 254, and the rest of the program walks values recursively.
_DEEPEST = 250


def loads(text: str | bytes) -> object:
    """Parse JSON text. Raises ``ValueError`` for what isn't JSON, or over 250 levels deep."""
    value = loads_of_any_depth(text)
    if isinstance(value, dict | list) and is_too_deep(value):
        raise ValueError("nested too deeply")
    return value


def loads_of_any_depth(text: str | bytes) -> object:
    """Parse JSON text as ``loads`` does, without the depth check."""
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = _loads_slowly(text)
    return value


def dumps_bounded(value: object) -> bytes:
    """Write ``value`` as ``dumps`` does. Raises ``ValueError`` for over 250 levels."""
    try:
        return _escape_unsafe(orjson.dumps(value))
    except orjson.JSONEncodeError:
        if is_too_deep(value):
            raise ValueError("nested too deeply") from None
        return dumps(value)


def is_too_deep(value: object) -> bool:
    """Return whether ``value`` has over 250 levels.

    orjson writes no more than 254 levels, and is quicker than counting brackets. When it refuses,
    the reason may also be a surrogate.
    """
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        level = [value]
        for _ in range(_DEEPEST):
            level = [inner for outer in level for inner in _children(outer)]
        return any(isinstance(inner, dict | list) for inner in level)
    return False


def dumps(value: object, *, indent: bool = False) -> bytes:
    """Write ``value`` as UTF-8 JSON that is safe on a terminal.

    Non-ASCII text stays readable; C0, C1, DEL, bidi controls, U+FEFF and lone surrogates become
    ``\\u`` escapes. ``indent`` spreads it over lines, two spaces a level.
    """
    try:
        line = orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else None)
    except orjson.JSONEncodeError:
        line = _dumps_slowly(value, indent=indent)
    return _escape_unsafe(line)


def _loads_slowly(text: str | bytes) -> object:
    if isinstance(text, bytes):  # of UTF-8, where json would guess
        text = text.decode("utf-8", errors="surrogatepass")
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits[:20]} is too large a number")
    return value


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _dumps_slowly(value: object, *, indent: bool) -> bytes:
    separators = None if indent else (",", ":")
    try:
        text = json.dumps(
            value,
            ensure_ascii=False,
            indent=2 if indent else None,
            separators=separators,
        )
    except RecursionError:
        text = json.dumps("nested too deeply to be written")
    # Only lone surrogates can't be encoded; Python's \udXXX for them is JSON's escape too.
    return text.encode("utf-8", errors="backslashreplace")


def _escape_unsafe(line: bytes) -> bytes:
    """Escape what could control a terminal; quick where there is nothing to escape."""
    if line.isascii() and _DEL not in line:
        return line
    for begin, search in _SEARCHES:
        if begin in line and search(line):
            return _ANY_UNSAFE.sub(_escaped, line)
    return line


def _escaped(match: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(match[0].decode())
