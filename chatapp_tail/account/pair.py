"""The two tokens of a login."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token, 24 h as a rule, and the refresh token, 14 days. Ends in unix seconds.

    ``user`` is the API's ``cabinetUserId``: most likely the id of the user's own channel.
    """

    access: str = field(repr=False)
    access_ends: int
    refresh: str = field(repr=False)
    refresh_ends: int
    user: int | None
