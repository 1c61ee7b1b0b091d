"""Where triggered events go, checked, and what became of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.target import Header, check_target, parse_header
from chatapp_tail.network import is_loopback, proxy_for
from chatapp_tail.triggering.payload import Payload


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one event, in a few words; ``hint`` is the next step where one is needed."""

    words: str
    is_taken: bool = True
    hint: str = ""


class Target(Protocol):
    """What takes events."""

    def send(self, event: str, payload: Payload) -> Sent:
        """Send one. Raises ``ConnectionFailedError`` when nobody answers."""
        ...


def check_local(url: str) -> None:
    """Raise ``UsageError`` if ``url``, of the right form, isn't on this machine.

    Only ``serve`` takes events, and it listens on loopback alone; nobody else shall get any.
    """
    host = urlsplit(url).hostname or ""
    if not is_loopback(host):
        raise UsageError(
            f"only a local ChatApp takes events, and {host} is not this machine",
            hint="Start one with chatapp-tail serve, and name it in --api-url or CHATAPP_API_URL.\n"
            "To post to a webhook: chatapp-tail trigger EVENT --to URL",
        )


def check_webhook(url: str, *, insecure: bool) -> None:
    """Raise ``UsageError`` as ``check_target`` does, in the words of this command's options."""
    with _own_options("to"):
        check_target(url, insecure=insecure)
    proxy_for(url)


def parse_webhook_header(text: str) -> Header:
    """Return the header, or raise ``UsageError``, in the words of this command's options."""
    with _own_options("header"):
        return parse_header(text)


@contextmanager
def _own_options(option: str) -> Iterator[None]:
    """Name ``--to``, ``--header`` and ``--insecure`` where forwarding has longer names for them."""
    try:
        yield
    except UsageError as exc:
        hint = exc.hint.replace("--forward-", "--")
        raise UsageError(exc.message, hint=hint, option=option) from None
