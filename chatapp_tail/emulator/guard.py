"""Who may ask the local ChatApp: the programs of this machine, and no web page from elsewhere.

Its secrets are public, and a page anywhere can have its visitor's browser send requests to the
loopback: with a ``text/plain`` body or a websocket without being asked first, or under a name of
its own that it points to 127.0.0.1 (DNS rebinding). Pure.
"""

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

# Types that browsers send across origins only after a preflight, or with an Origin.
_BODY_TYPES = ("application/json", "application/x-www-form-urlencoded")


class Refusal(NamedTuple):
    """The answer to a refused request."""

    status: int
    reason: str


def refusal(
    host: str, origin: str | None, body_type: str | None, *, name: str | None = None
) -> Refusal | None:
    """Return why a request is refused, None if it isn't.

    ``host`` and ``origin`` are the headers, ``body_type`` is the media type of the body, if any.
    ``name`` is another name of this machine.
    """
    if not _is_loopback(f"//{host}") and (name is None or _name(f"//{host}") != name):
        return Refusal(403, "Host must name this machine: 127.0.0.1 or localhost.")
    if origin is not None and not _is_loopback(origin):
        return Refusal(403, "Web pages from elsewhere may not ask.")
    if body_type is not None and body_type not in _BODY_TYPES:
        return Refusal(415, f"The Content-Type must be one of: {', '.join(_BODY_TYPES)}.")
    return None


def _is_loopback(url: str) -> bool:
    name = _name(url)
    try:
        return name == "localhost" or name.endswith(".localhost") or ip_address(name).is_loopback
    except ValueError:
        return False


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
