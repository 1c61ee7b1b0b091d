"""Servers of another name than loopback's, as a tail meets them behind a proxy."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from tests.support.cli_process import CLI, endpoint
from tests.support.credentials import Certificates
from tests.support.loopback_http import AuthEndpoint
from tests.support.records import frame, said
from tests.support.scripted_server import Peer, ScriptedServer

# A reserved name (RFC 6761), which only our proxy resolves.
HOST = "chatapp.test"
# An address of this machine that isn't in the loopback network.
THIS_HOST = "0.0.0.0"
SPEC = "1229/telegram"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Pair = tuple[socket.socket, socket.socket]
Make = Callable[[Path, trustme.CA], Certificates]


def write_certificates(
    directory: Path, authority: trustme.CA, *names: str, not_after: datetime | None = None
) -> Certificates:
    """Write what a server for ``names`` shows, signed by ``authority``, and the authority."""
    directory.mkdir()
    made = Certificates(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    issued = authority.issue_cert(*names, not_after=not_after)
    authority.cert_pem.write_to_path(made.ca)
    issued.private_key_pem.write_to_path(made.key)
    for number, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(made.cert, append=number > 0)
    return made


def write_self_signed(directory: Path) -> Certificates:
    """Write a self-signed certificate."""
    directory.mkdir()
    made = Certificates(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    own = trustme.CA()
    own.cert_pem.write_to_path(made.cert)
    own.cert_pem.write_to_path(made.ca)
    own.private_key_pem.write_to_path(made.key)
    return made


def bad_certificates(host: str) -> dict[str, tuple[Make, str]]:
    """Return what ``host`` may show, for a client that trusts one authority, and what is wrong."""
    return {
        "untrusted": (
            lambda directory, _: write_certificates(directory, trustme.CA(), host),
            "unable to get local issuer certificate",
        ),
        "self-signed": (
            lambda directory, _: write_self_signed(directory),
            "self-signed certificate",
        ),
        "expired": (
            lambda directory, authority: write_certificates(
                directory, authority, host, not_after=LONG_AGO
            ),
            "certificate has expired",
        ),
        "wrong host": (
            lambda directory, authority: write_certificates(directory, authority, "other.test"),
            f"Hostname mismatch, certificate is not valid for '{host}'.",
        ),
    }


def message(text: str) -> dict[str, object]:
    """Return the item of one incoming message."""
    data = said(text).data
    assert isinstance(data, dict)
    return data


def pusher(peer: Peer) -> None:
    """Play a Pusher server: confirm every subscription, and send one message on its channel."""
    peer.handshake()
    established = {"socket_id": "123.456", "activity_timeout": 120}
    peer.send_text(envelope("pusher:connection_established", established))
    while True:
        asked = json.loads(peer.receive_text())
        if asked["event"] == "pusher:subscribe":
            channel = asked["data"]["channel"]
            peer.send_text(envelope("pusher_internal:subscription_succeeded", {}, channel))
            peer.send_text(frame(message("hello"), channel=channel))


def envelope(event: str, data: object, channel: str | None = None) -> str:
    """Return a Pusher envelope with ``data`` double encoded."""
    members = {"event": event, "channel": channel, "data": json.dumps(data)}
    return json.dumps({name: value for name, value in members.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Servers:
    """A Pusher server and an API, which a tail addresses by the name ``host``."""

    socket: ScriptedServer
    api: AuthEndpoint
    host: str = HOST

    @property
    def socket_url(self) -> str:
        """The websocket's URL by name."""
        return renamed(self.socket.url, self.host)

    @property
    def api_url(self) -> str:
        """The API's URL by name."""
        return renamed(self.api.api_url, self.host)

    def tail(self, home: Path, *arguments: str, environment: Mapping[str, str]) -> CLI:
        """Return a tail that ends after the first message, or after the first failure."""
        return CLI(
            home,
            SPEC,
            "-vv",
            "--retries=0",
            "--count=1",
            *arguments,
            environment={
                **endpoint(self.socket_url, self.api_url, self.api.token),
                **environment,
            },
        )


def renamed(url: str, host: str) -> str:
    """Return ``url`` with another host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{host}:{parts.port}"


def port_of(url: str) -> int:
    """Return the port that ``url`` names."""
    port = urlsplit(url).port
    assert port is not None
    return port


@contextmanager
def black_hole(address: str, port: int = 0) -> Iterator[int]:
    """Yield a port that never answers: its queue of connections is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((address, port), backlog=0))
        port = listener.getsockname()[1]
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex((address, port))
        yield port


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Give every host these addresses."""

    def getaddrinfo(_host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (one, port, 0, 0))
            if ":" in one
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
