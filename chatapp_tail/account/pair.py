"""The two tokens of a login."""

from dataclasses import dataclass, field

# In characters; ChatApp's have 60.
LONGEST_TOKEN = 4096


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


def fits_header(token: str) -> bool:
    """Return whether ``token`` can be sent: printable ASCII without spaces, of a sane length."""
    is_plain = token.isascii() and token.isprintable() and " " not in token
    return is_plain and 0 < len(token) < LONGEST_TOKEN
