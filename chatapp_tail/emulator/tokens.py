"""The tokens that the local ChatApp has issued: which are valid, until when, for which account.

No I/O: time comes from the clock, chance from the seed. Source: the vendor's help, "Access Token
Retrieval" (24 hours, 14 days); public programs (100 a day, a refresh token works once).
"""

import math
import string
from collections import deque
from dataclasses import dataclass, field

from chatapp_tail.clock import Clock, seeded_random
from chatapp_tail.emulator.account import Account

# All durations in seconds.
DAY = 86_400
ACCESS_LIFETIME = DAY
REFRESH_LIFETIME = 14 * DAY
MAX_PER_DAY = 100

# ChatApp's tokens look like bcrypt hashes: 60 characters with the prefix.
_PREFIX = "$2y$10$"
_ALPHABET = "./" + string.ascii_letters + string.digits
_LENGTH = 53


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token and the refresh token that renews it. The ends in unix seconds."""

    access: str = field(repr=False)
    access_ends: int
    refresh: str = field(repr=False)
    refresh_ends: int


@dataclass(frozen=True, slots=True)
class CapReached:
    """The day's limit is reached; the next token may be made in ``retry_after`` seconds."""

    retry_after: int


class Tenant:
    """An account, the channels that it may watch, and its valid tokens. Not thread-safe."""

    def __init__(
        self, account: Account, seed: int, clock: Clock, *, life: float | None = None
    ) -> None:
        """The account's own token works without a login and never expires.

        A ``life``, in seconds, is the lifetime of every access token, also of the account's own.
        """
        self.account = account
        self.channels = account.channels()
        self._random = seeded_random(seed)
        self._clock = clock
        self._life = ACCESS_LIFETIME if life is None else life
        self._own_ends = math.inf if life is None else self._now() + life
        self._access_ends: dict[str, int] = {}
        self._refresh_ends: dict[str, int] = {}
        self._made_at: deque[int] = deque()

    def make_tokens(self) -> TokenPair | CapReached:
        """Return a new pair, unless 100 were made or renewed in the last 24 hours."""
        now = self._now()
        self._drop_expired(now)
        if len(self._made_at) >= MAX_PER_DAY:
            return CapReached(self._made_at[0] + DAY - now)
        self._made_at.append(now)
        pair = TokenPair(
            self._new_token(), int(now + self._life), self._new_token(), now + REFRESH_LIFETIME
        )
        self._access_ends[pair.access] = pair.access_ends
        self._refresh_ends[pair.refresh] = pair.refresh_ends
        return pair

    def refresh(self, token: str) -> TokenPair | CapReached | None:
        """Return a new pair and invalidate ``token``; None if it is unknown, used or expired.

        The access token that came with it stays valid: no documentation says otherwise, and a
        client that renews must not break its own requests under way.
        """
        if self._refresh_ends.get(token, 0) <= self._now():
            return None
        made = self.make_tokens()
        if isinstance(made, TokenPair):
            del self._refresh_ends[token]
        return made

    def accepts(self, access: str) -> bool:
        """Return whether ``access`` is valid now."""
        is_own = access == self.account.token
        ends = self._own_ends if is_own else self._access_ends.get(access, 0)
        return ends > self._now()

    def end_access(self) -> None:
        """Invalidate all access tokens but the account's own; refresh tokens stay valid."""
        self._access_ends.clear()

    def _drop_expired(self, now: int) -> None:
        """Drop expired tokens, and times older than a day."""
        self._access_ends = _valid(self._access_ends, now)
        self._refresh_ends = _valid(self._refresh_ends, now)
        while self._made_at and self._made_at[0] + DAY <= now:
            self._made_at.popleft()

    def _new_token(self) -> str:
        return _PREFIX + "".join(self._random.choices(_ALPHABET, k=_LENGTH))

    def _now(self) -> int:
        return int(self._clock.utcnow().timestamp())


def _valid(ends: dict[str, int], now: int) -> dict[str, int]:
    return {token: end for token, end in ends.items() if end > now}
