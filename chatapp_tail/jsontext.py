"""JSON text in and out: orjson first, and a second chance for what it refuses.

orjson reads and writes an event in a fifth of the standard library's time, but refuses lone
surrogates, which a server can send as ``\\ud83d``. ``NaN`` and ``Infinity`` are no JSON and stay
refused.
"""

import json
import re

import orjson

# C1 controls, DEL, the bidi controls and the two Unicode line separators, as UTF-8. orjson has
# escaped C0 already.
_UNSAFE = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]",
)
_UNSAFE_LEADS = (b"\xc2", b"\xe2\x80", b"\xe2\x81", b"\xd8\x9c")


def loads(text: str | bytes) -> object:
    """Parse JSON text. Raises ``ValueError`` for anything that isn't JSON, however deep."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text, parse_constant=_refuse_constant)
        except RecursionError as exc:
            raise ValueError("nested too deeply") from exc


def dumps(value: object, *, indent: bool = False) -> bytes:
    """Write ``value`` as UTF-8 JSON that is safe on a terminal.

    Non-ASCII text stays readable; C0, C1, DEL and bidi controls and lone surrogates become
    ``\\u`` escapes. ``indent`` spreads it over lines, two spaces a level.
    """
    try:
        line = orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else None)
    except orjson.JSONEncodeError:
        line = _dumps_slowly(value, indent=indent)
    return _escape_unsafe(line)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


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
    """Escape what could drive a terminal. Two memory searches where there is nothing to do."""
    if (not line.isascii() and any(lead in line for lead in _UNSAFE_LEADS)) or b"\x7f" in line:
        return _UNSAFE.sub(lambda match: b"\\u%04x" % ord(match[0].decode()), line)
    return line
