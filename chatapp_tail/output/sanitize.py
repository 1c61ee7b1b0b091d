"""One function that makes remote text safe to print in one line.

Terminals act on control characters, and bidi controls reorder text; Rich lets both through. All
text from a server passes through here before it reaches a row or a message.
"""

import re

# C0 without exception, DEL, C1; soft hyphen and the invisible characters of the format class,
# bidi controls among them, but for U+200C and U+200D, which spell Persian and join emoji families;
# line and paragraph separators; lone surrogates. The tags of flag emoji (U+E0020…) stay, too.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001\ud800-\udfff]",
)
_NAMES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def clean(text: str) -> str:
    """Return ``text`` with unsafe characters as visible escapes: ``\\x1b``, ``\\n``."""
    if text.isprintable():  # a loop in C; true for almost everything
        return text
    return _UNSAFE.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _NAMES:
        return _NAMES[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
