"""The tokens that the local ChatApp has given out: which open it, until when, and how many a day.

Pure: time comes from the clock, chance from the seed. Source: the vendor's help, "Access Token
Retrieval" (24 hours, 14 days); public programs (100 a day, a refresh token is spent by its use).
"""

import math
import string
from collections import deque
from dataclasses import dataclass, field

from chatapp_tail.clock import Clock, seeded_random

# All durations in seconds.
DAY = 86_400
ACCESS_LIFETIME = DAY
REFRESH_LIFETIME = 14 * DAY
MOST_A_DAY = 100

# ChatApp's tokens look like bcrypt hashes: 60 characters with the prefix.
_PREFIX = "$2y$10$"
_ALPHABET = "./" + string.ascii_letters + string.digits
_LENGTH = 53


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token and what renews it. The ends in unix seconds."""

    access: str = field(repr=False)
    access_ends: int
    refresh: str = field(repr=False)
    refresh_ends: int


@dataclass(frozen=True, slots=True)
class CapReached:
    """The day's tokens are all made; the next may be made ``retry_after`` seconds from now."""

    retry_after: int


class TokenLedger:
    """All living tokens of an account. Not thread-safe."""

    def __init__(self, fixed: str, seed: int, clock: Clock, *, life: float | None = None) -> None:
        """``fixed`` is an access token that never ends.

        With a ``life``, in seconds, that is how long every access token lives, also ``fixed``.
        """
        self._random = seeded_random(seed)
        self._clock = clock
        self._life = ACCESS_LIFETIME if life is None else life
        self._access_ends: dict[str, int] = {}
        self._fixed = fixed
        self._fixed_ends = math.inf if life is None else self._now() + life
        self._refresh_ends: dict[str, int] = {}
        self._made_at: deque[int] = deque()

    def make(self) -> TokenPair | CapReached:
        """Return a new pair, unless 100 were made or renewed in the last 24 hours."""
        now = self._now()
        self._forget(now)
        if len(self._made_at) >= MOST_A_DAY:
            return CapReached(self._made_at[0] + DAY - now)
        self._made_at.append(now)
        pair = TokenPair(
            self._new_token(), int(now + self._life), self._new_token(), now + REFRESH_LIFETIME
        )
        self._access_ends[pair.access] = pair.access_ends
        self._refresh_ends[pair.refresh] = pair.refresh_ends
        return pair

    def refresh(self, token: str) -> TokenPair | CapReached | None:
        """Return a new pair and spend ``token``; None if it is unknown, spent or at its end.

        The access token that came with it lives on: nothing documented says that it dies, and a
        client that fetches a new one mustn't break its own requests under way.
        """
        if self._refresh_ends.get(token, 0) <= self._now():
            return None
        made = self.make()
        if isinstance(made, TokenPair):
            del self._refresh_ends[token]
        return made

    def accepts(self, access: str) -> bool:
        """Return whether ``access`` is valid now."""
        ends = self._fixed_ends if access == self._fixed else self._access_ends.get(access, 0)
        return ends > self._now()

    def end_access(self) -> None:
        """End all access tokens but the fixed one; refresh tokens stay valid."""
        self._access_ends.clear()

    def _forget(self, now: int) -> None:
        """Drop tokens that have ended, and times older than a day."""
        self._access_ends = _living(self._access_ends, now)
        self._refresh_ends = _living(self._refresh_ends, now)
        while self._made_at and self._made_at[0] + DAY <= now:
            self._made_at.popleft()

    def _new_token(self) -> str:
        return _PREFIX + "".join(self._random.choices(_ALPHABET, k=_LENGTH))

    def _now(self) -> int:
        return int(self._clock.utcnow().timestamp())


def _living(ends: dict[str, int], now: int) -> dict[str, int]:
    return {token: end for token, end in ends.items() if end > now}
