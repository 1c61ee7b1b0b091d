"""The settings of a run, converted and checked; ``cli`` has the options that they come from.

Precedence is flag > environment > profile > default; it is applied once, in ``cli``.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.target import ForwardTarget, Header
from chatapp_tail.network import is_loopback
from chatapp_tail.output.formats import OutputSettings

if TYPE_CHECKING:
    from chatapp_tail.filters.where import Test

DEFAULT_SOCKET_URL = "wss://socket.chatapp.online:6001"
DEFAULT_API_URL = "https://api.chatapp.online"
DEFAULT_APP_KEY = "ChatsAppApiProdKey"
DEFAULT_CONNECT_TIMEOUT = 10.0
# A day: the timeout of a socket overflows after 24 days.
LONGEST_CONNECT_TIMEOUT = 86_400.0
DEFAULT_BUFFER_BYTES = 64 * 1024 * 1024


def _check_url(url: str, schemes: tuple[str, ...], option: str) -> None:
    form = f"{schemes[0]}[s]://host[:port]"
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:
        is_good, parts = False, urlsplit("")
    if not is_good or url != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise UsageError(
            f"{url!r} is not of the form {form}",
            hint=f"For example: {schemes[-1]}://localhost:6001",
            option=option,
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A Pusher server and the API that authorizes its channels; ChatApp's by default.

    ``insecure``: the user lets secrets go to the API without encryption.
    """

    socket_url: str = DEFAULT_SOCKET_URL
    api_url: str = DEFAULT_API_URL
    app_key: str = DEFAULT_APP_KEY
    insecure: bool = False

    def __post_init__(self) -> None:
        """Raise ``UsageError`` for URLs that aren't ``scheme://host[:port]``."""
        _check_url(self.socket_url, ("ws", "wss"), "socket-url")
        _check_url(self.api_url, ("http", "https"), "api-url")

    @property
    def what_to_check(self) -> str:
        """What to check when there is no connection: only what isn't ChatApp's own."""
        parts = (
            ("the server", self.socket_url, DEFAULT_SOCKET_URL),
            ("the API", self.api_url, DEFAULT_API_URL),
            ("the app key", self.app_key, DEFAULT_APP_KEY),
        )
        given = [f"{part} {value}" for part, value, default in parts if value != default]
        doctor = "chatapp-tail doctor examines every step of the connection."
        return f"Check {', '.join(given)}; or run: chatapp-tail doctor" if given else doctor

    @property
    def exposed_to(self) -> str:
        """The host that would get secrets without encryption and permission; empty for none."""
        parts = urlsplit(self.api_url)
        host = parts.hostname or ""
        is_safe = self.insecure or parts.scheme == "https" or is_loopback(host)
        return "" if is_safe else host


class ForwardSettings(NamedTuple):
    """The webhooks that get what is shown; ``spool`` keeps what waits for them over restarts."""

    targets: tuple[ForwardTarget, ...]
    headers: tuple[Header, ...] = ()
    spool: Path | None = None


@dataclass(frozen=True, slots=True)
class ShowSettings:
    """What becomes of an event, from a tail or from a recorded file.

    Shown is what passes the filters, and the item that ``until`` holds for; ``count`` items at
    most. ``redact_key`` masks with this key. ``summary`` asks for a table at the end.
    """

    output: OutputSettings = field(default_factory=OutputSettings)
    events: tuple[str, ...] = ()
    excluded_events: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    tests: "tuple[Test, ...]" = ()
    greps: tuple[re.Pattern[str], ...] = ()
    excluded_greps: tuple[re.Pattern[str], ...] = ()
    highlights: tuple[re.Pattern[str], ...] = ()
    count: int | None = None
    until: "tuple[Test, ...]" = ()
    redact_key: bytes | None = field(default=None, repr=False)
    record: Path | None = None
    summary: bool = False
    forward: ForwardSettings | None = None

    @property
    def has_filters(self) -> bool:
        """Whether anything may be held back."""
        return any(
            (
                *(self.events, self.excluded_events, self.chats, self.messages),
                *(self.tests, self.greps, self.excluded_greps),
            )
        )

    @property
    def has_goal(self) -> bool:
        """Whether --count or --until was given, so that a time limit exits with code 6."""
        return self.count is not None or bool(self.until)

    @property
    def not_met(self) -> str:
        """The sentence for a run that ends before --count or --until is met."""
        if self.count is None:
            return "the run ended before anything matched --until"
        more = " or matched --until" if self.until else ""
        return f"the run ended before --count {self.count} was reached{more}"


class TailSettings(NamedTuple):
    """One run of the tail. Durations in seconds; None means no limit.

    ``since`` is how long before the start to begin, ``backfill`` whether to fill gaps,
    ``resume`` the file in which the last run noted its end, ``on_ready`` a command, ``metrics`` a
    port or a file.
    """

    channels: tuple[Channel, ...]
    endpoint: Endpoint = Endpoint()
    show: ShowSettings = ShowSettings()
    verbosity: int = 0
    duration: float | None = None
    idle: float | None = None
    backfill: bool = False
    resume: Path | None = None
    on_ready: str | None = None
    metrics: int | Path | None = None
    since: float | None = None
    footer: bool = True
    retries: int | None = None
    connect_timeout: float = DEFAULT_CONNECT_TIMEOUT
    strict: bool = False
    heartbeat: float | None = None
    notices: bool = False
    buffer_bytes: int = DEFAULT_BUFFER_BYTES
