"""A target's URL and headers, checked before anything is sent. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from chatapp_tail.errors import UsageError
from chatapp_tail.network import is_loopback

_EXAMPLE = "For example: http://localhost:3000/webhook"
_NOT_VALID = "this is not a valid URL"
_HEADER_EXAMPLE = "For example: 'X-Source: chatapp-tail'"
# A name or an address, and perhaps a port.
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+(%\w+)?\]|[\w.-]+)(:[0-9]*)?")
# Names of events and globs, before the equals sign; a URL has a colon before its first one.
_EVENTS = re.compile(r"[\w.*?!\[\],-]+")
# RFC 9110: a name is a token; a value is visible, in Latin-1, with spaces and tabs inside.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile("[\t\x20-\x7e\xa0-\xff]+")
# Headers that hold a secret, such as X-Api-Key; and values that look like one in any header.
_SECRET_NAME = re.compile("auth|cookie|credential|key|pass|secret|sign|token", re.IGNORECASE)
_RANDOM_WORD = re.compile(r"(?=.*[0-9])[\w.~+/=-]{20,}")
# Headers that follow from the body, or belong to one connection (RFC 9110, 7.6.1).
_OURS = frozenset(
    {
        *("connection", "content-encoding", "content-length", "content-type", "expect"),
        *("keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade"),
    }
)


@dataclass(frozen=True, slots=True)
class Header:
    """One header to send along. The value may be a secret: no repr shows it."""

    name: str
    value: str = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown: the value if the name tells a secret, else its random words."""
        words = self.value.split()
        if _SECRET_NAME.search(self.name):
            return (self.value, *words)
        return tuple(filter(_RANDOM_WORD.fullmatch, words))


class ForwardTarget(NamedTuple):
    """A webhook's URL, and names or globs of the events that it gets; none means all."""

    url: str
    events: tuple[str, ...] = ()


def parse_forward_target(text: str) -> ForwardTarget:
    """Return the target in ``URL`` or ``EVENT,EVENT=URL``; ``check_target`` checks the URL."""
    events, equals, url = text.partition("=")
    if not equals or not _EVENTS.fullmatch(events):
        return ForwardTarget(text)
    return ForwardTarget(url, tuple(event for event in events.split(",") if event))


def check_target(url: str, *, insecure: bool) -> None:
    """Raise ``UsageError`` if events can't, or without ``insecure`` shouldn't, be sent to ``url``.

    The URL isn't quoted: its path or query may be a secret.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")
        is_whole = parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        raise UsageError(_NOT_VALID, hint=_EXAMPLE) from None
    if parts.scheme not in ("http", "https"):
        raise UsageError("this is not an http:// or https:// URL", hint=_EXAMPLE)
    if not is_whole or not _ADDRESS.fullmatch(parts.netloc.rpartition("@")[2]):
        raise UsageError(_NOT_VALID, hint=_EXAMPLE)
    if "@" in parts.netloc:
        raise UsageError(
            "a user or password can't be in the URL",
            hint="Send them in a header: --forward-header 'Authorization: Basic …'",
        )
    if parts.scheme == "http" and not insecure and not is_loopback(host):
        raise UsageError(
            f"what customers write would go to {host} without encryption",
            hint="Use https://, or add --forward-insecure if you trust the network in between.",
        )


def parse_header(text: str) -> Header:
    """Return the header in ``Name: value``.

    Raises ``UsageError``, which doesn't quote what may be a secret.
    """
    if not _VALUE.fullmatch(text):
        raise UsageError(
            "this holds what can't be in a header",
            hint="A header is one line, in letters of Western Europe.",
        )
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not colon or not _NAME.fullmatch(name):
        raise UsageError("this is not of the form 'Name: value'", hint=_HEADER_EXAMPLE)
    if name.lower() in _OURS:
        raise UsageError(f"{name} can't be set", hint="It follows from what is sent, and how.")
    if not value:
        raise UsageError(f"{name} has no value", hint="Is a variable of the shell empty?")
    return Header(name, value)


def merged(headers: Iterable[Header]) -> dict[str, str]:
    """Return the values by name; several values of one name are joined, as RFC 9110, 5.3 allows."""
    named: dict[str, Header] = {}
    for header in headers:
        earlier = named.get(header.name.lower())
        value = header.value if earlier is None else f"{earlier.value}, {header.value}"
        named[header.name.lower()] = Header(header.name, value)
    return {header.name: header.value for header in named.values()}
