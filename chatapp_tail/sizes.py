"""Sizes of memory as people write them."""

import re

_SIZE = re.compile(r"(?P<number>[0-9]{1,9})(?:(?P<unit>[kmg])i?)?b?")
_UNITS = {None: 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def parse_size(text: str) -> int:
    """Return the bytes in ``64M``, ``512k``, ``1G``, ``64MiB`` or a bare number.

    Raises ``ValueError`` with the right forms for anything else, and for zero.
    """
    match = _SIZE.fullmatch(text.strip().lower().replace(" ", ""))
    size = int(match["number"]) * _UNITS[match["unit"]] if match else 0
    if size <= 0:
        raise ValueError(f"{text!r} is not a size; write 64M, 512k or 1G")
    return size
