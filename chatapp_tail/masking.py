"""Replaces secrets in messages: known ones, pieces of them, and what looks like one. Pure.

Remote text may quote a secret with the escapes of JSON or a URL, cut, in parts or with spaces in
it. So both are compared without escapes and white space, and a common piece is enough. The time is
linear in the length of the text, whatever it holds.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from operator import itemgetter

MASK = "***"
# A piece of a secret is masked from this length on, in characters. Shorter ones are common words.
SHORTEST_PIECE = 12
# How far to look beyond a cut, so that no first half of a signature or token is shown.
_BEYOND = 1_000

# \u0024, \/, %24 and white space: what is left out or decoded before texts are compared.
_SPELLED = re.compile(r"\\+(?:u([0-9A-Fa-f]{4}))?|%([0-9A-Fa-f]{2})|\s+")
# The value of "auth", also in JSON inside JSON; a Pusher signature, which is an SHA-256 in
# hexadecimal; a token in its usual form, with slashes as PHP writes them in JSON.
_FORMS = (
    re.compile(r'auth\\*+"\s*+:\s*+\\*+"([^"\\]*+)'),
    re.compile(r"(?<![0-9A-Fa-f])([0-9A-Fa-f]{64})(?![0-9A-Fa-f])"),
    re.compile(r"(\$2[aby]\$\d\d\$(?:[.A-Za-z0-9]|\\*+/){53})"),
)

_Span = tuple[int, int]

# A character of a plain text, and where it begins and ends in the text itself; the characters after
# it, up to the next place, follow one by one in both. A bare tuple: there may be very many.
_Place = tuple[int, int, int]


class Secrets:
    """The secrets to mask. Threads may add some while others mask."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # All pieces of the secrets, by their length: that of a secret itself where it is short.
        self._pieces: dict[int, set[str]] = {}
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Mask ``secret`` from now on, whatever its length; "" is none."""
        # HTTP reads what isn't ASCII in a header in its own way.
        as_header = secret.encode(errors="surrogatepass").decode("latin-1")
        for plain, _ in map(_plain, {secret, as_header}):
            size = min(len(plain), SHORTEST_PIECE)
            if size:
                self._pieces.setdefault(size, set()).update(_pieces(plain, size))

    def masked(self, text: str, most: int | None = None) -> str:
        """Return the first ``most`` characters of ``text``, all by default, with *** for secrets.

        A secret that begins before the cut is masked, too, if it ends within 1,000 characters.
        """
        end = len(text) if most is None else most
        text = text[: end + _BEYOND]
        shown, at = [], 0
        formed = (match.span(1) for form in _FORMS for match in form.finditer(text))
        for start, stop in sorted([*self._known(text), *formed]):
            if start >= end:
                break
            if start >= at:  # else it overlaps with the one before
                shown += [text[at:start], MASK]
            at = max(at, stop)
        return "".join([*shown, text[at : max(at, end)]])

    def _known(self, text: str) -> Iterator[_Span]:
        """Yield where a piece of a secret stands; longer ones are several that overlap."""
        plain, places = _plain(text)
        for size, known in tuple(self._pieces.items()):
            for start, piece in enumerate(_pieces(plain, size)):
                if piece in known:
                    yield _span(places, start)[0], _span(places, start + size - 1)[1]


def _plain(text: str) -> tuple[str, list[_Place]]:
    """Return ``text`` without escapes and white space, and where its characters come from."""
    parts, places, size, at = list[str](), list[_Place](), 0, 0
    for match in _SPELLED.finditer(text):
        begin, end = match.span()
        places.append((size, at, at + 1))
        parts.append(text[at:begin])
        size += begin - at
        if code := match[1] or match[2]:
            places.append((size, begin, end))
            parts.append(chr(int(code, 16)))
            size += 1
        at = end
    places.append((size, at, at + 1))
    parts.append(text[at:])
    return "".join(parts), places


def _span(places: list[_Place], index: int) -> _Span:
    """Return where character ``index`` of a plain text begins and ends in the text itself."""
    plain, begin, end = places[bisect_right(places, index, key=itemgetter(0)) - 1]
    return begin + index - plain, end + index - plain


def _pieces(plain: str, size: int) -> Iterator[str]:
    return (plain[start : start + size] for start in range(len(plain) - size + 1))
