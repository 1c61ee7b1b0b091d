"""The server's side of a websocket stream, cut at frame boundaries. Pure."""

_END_OF_HTTP = b"\r\n\r\n"
_MASKED = 0x80
_CLOSE = 0x88
_MASK_SIZE = 4
# A length byte of 126 or 127 means that the length follows in so many bytes.
_LONG_LENGTHS = {126: 2, 127: 8}


class WholeFrames:
    """Takes bytes as they come and returns whole frames only; the HTTP answer counts as the first.

    Whoever forwards just what it returns is always at a boundary, and may put in its own frame.
    """

    def __init__(self) -> None:
        self._kept = bytearray()
        self._is_http = True

    def feed(self, received: bytes) -> bytes:
        """Return all that is whole by now, in order."""
        self._kept += received
        end = 0
        while (next_end := self._end_from(end)) is not None:
            end = next_end
        whole = bytes(self._kept[:end])
        del self._kept[:end]
        return whole

    def _end_from(self, start: int) -> int | None:
        """Return where the frame that begins at ``start`` ends, or None if that isn't here yet."""
        if self._is_http:
            end = self._kept.find(_END_OF_HTTP, start)
            if end < 0:
                return None
            self._is_http = False
            return end + len(_END_OF_HTTP)
        if len(self._kept) < start + 2:
            return None
        second = self._kept[start + 1]
        length, header = second & ~_MASKED, 2 + (_MASK_SIZE if second & _MASKED else 0)
        if (size := _LONG_LENGTHS.get(length)) is not None:
            if len(self._kept) < start + 2 + size:
                return None
            length = int.from_bytes(self._kept[start + 2 : start + 2 + size])
            header += size
        end = start + header + length
        return end if len(self._kept) >= end else None


def close_frame(code: int) -> bytes:
    """Return a server's close frame with ``code`` and no reason."""
    payload = code.to_bytes(2)
    return bytes([_CLOSE, len(payload)]) + payload
