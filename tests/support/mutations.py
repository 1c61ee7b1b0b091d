"""Mutations of valid input, reproducible by seed."""

from collections.abc import Callable, Sequence

from chatapp_tail.clock import seeded_random

# Bytes that are difficult for parsers, terminals and markup.
FRAGMENTS = (
    *(b"\x00", b"\x1b[31m", b"\x1b]0;owned\x07", b"\r", b"\n", b"\t", b"\x7f"),
    *(b"\x9b", b"\xff\xfe"),
    *(b"\xc2\x9b", b"\xc2\x85", b"\xe2\x80\xae", b"\xe2\x81\xa6", b"\xe2\x80\xa8", b"\xd8\x9c"),
    *(b"\xed\xa0\xbd", b"\xf0\x9f\x98\x82", b"\xf0\x9f", b"\\ud83d", b"\\ude02", b"\\u0000"),
    *(b"\\u001b[2J", b"\\u202e", b"\\udcff", b"[/]", b"[bold]", b"[link=x]", b"[red", b"\\["),
    *(b"NaN", b"Infinity", b"1e999", b"-1e999", b"-0", b"1E400", b"0x1"),
    *(b"9" * 40, b"1." + b"3" * 40),
    *(b'"', b"\\", b"\\\\", b"{", b"}", b"[", b"]", b",", b":", b"[" * 300, b'{"a":' * 300),
    *(b"null", b"true", b'"data"', b'"event"', b'"payload"', b'"meta"', b'"auth"', b"pusher:"),
)
# JSON values to put where another one is documented.
VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**70), 10**40, 10**4000),
    *(0.5, -0.0, 1e308, 5e-324, "", " ", "0", "1229", "9" * 18, "9" * 400, "-1", "1e3", "٣", "²"),
    *([], {}, [[]], [None], {"": ""}, {"id": {}}, [[[[]]]], {"data": []}, {"payload": {}}),
    *("\x1b[31m", "\x1b]0;x\x07", "\r\n\t\b\x00\x7f", "\x85\x9b", "\u202e\u2066\u061c\u200e\u2028"),
    *("\ud83d", "\udcff\udc80", "[/x][bold]y[/bold][link=z]"),
    *("字" * 200, "👨\u200d👩\u200d👧" * 60),
    *("\u200d" * 300, "e" + "\u0301" * 3000, "🇺🇸" * 100, "a b " * 2000, '{"a":1}', "[" * 3000),
)


class Mutator:
    """Random choices and mutations from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = seeded_random(seed)
        self._changes: Sequence[Callable[[bytearray], None]] = (
            self._flip,
            self._replace,
            self._delete,
            self._repeat,
            self._truncate,
            self._insert,
            self._swap,
        )

    def one_of(self, choices: Sequence[bytes]) -> bytes:
        return self._random.choice(choices)

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def mutated(self, content: bytes) -> bytes:
        """Return ``content`` with one to four changes."""
        changed = bytearray(content)
        for _ in range(self.number(1, 4)):
            self._random.choice(self._changes)(changed)
        return bytes(changed)

    def spliced(self, one: bytes, other: bytes) -> bytes:
        """Return the beginning of ``one`` with the end of ``other``."""
        return one[: self.number(0, len(one))] + other[self.number(0, len(other)) :]

    def distorted(self, value: object) -> object:
        """Return the JSON ``value`` with one of ``VALUES`` at a random place."""
        if not (isinstance(value, dict | list) and value) or self.number(0, 5) == 0:
            return self._random.choice(VALUES)
        if isinstance(value, list):
            index = self.number(0, len(value) - 1)
            return [*value[:index], self.distorted(value[index]), *value[index + 1 :]]
        key = self._random.choice(list(value))
        match self.number(0, 9):
            case 0:
                return {name: inner for name, inner in value.items() if name != key}
            case 1:
                return {**value, str(self._random.choice(VALUES))[:50]: value[key]}
            case _:
                return {**value, key: self.distorted(value[key])}

    def _position(self, content: bytearray) -> int:
        return self.number(0, max(len(content) - 1, 0))

    def _flip(self, content: bytearray) -> None:
        if content:
            content[self._position(content)] ^= 1 << self.number(0, 7)

    def _replace(self, content: bytearray) -> None:
        if content:
            content[self._position(content)] = self.number(0, 255)

    def _delete(self, content: bytearray) -> None:
        at = self._position(content)
        del content[at : at + self.number(1, 16)]

    def _repeat(self, content: bytearray) -> None:
        at = self._position(content)
        content[at:at] = content[at : at + self.number(1, 64)] * self.number(1, 8)

    def _truncate(self, content: bytearray) -> None:
        del content[self._position(content) :]

    def _insert(self, content: bytearray) -> None:
        at = self._position(content)
        content[at:at] = self._random.choice(FRAGMENTS)

    def _swap(self, content: bytearray) -> None:
        at = self._position(content)
        fragment = self._random.choice(FRAGMENTS)
        content[at : at + len(fragment)] = fragment
