"""Made-up Pusher apps, the token that the test API accepts, and TLS of a private authority."""

from dataclasses import dataclass
from pathlib import Path

import trustme

from chatapp_tail.emulator.auth import App

# The key is the vendor's public one, as on their page. PyPI ``pusher`` needs numeric ids.
APP = App("1001", "ChatsAppApiProdKey", "test-secret")
DISABLED_APP = App("1003", "DisabledKey", "third-secret")

# Real tokens look like bcrypt hashes, with dollar signs, which shells expand.
TOKEN = "$2y$10$made.up.token.for.tests.aaaaaaaaaaaaaaaaaaaaaaaaaaa"


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: what a client must trust, and what a server for ``localhost`` shows."""

    ca: Path
    cert: Path
    key: Path


def make_certificates(directory: Path) -> Certificates:
    """Write a new authority and a certificate for localhost and 127.0.0.1 into ``directory``."""
    authority = trustme.CA()
    server = authority.issue_cert("localhost", "127.0.0.1")
    made = Certificates(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    authority.cert_pem.write_to_path(made.ca)
    server.private_key_pem.write_to_path(made.key)
    for number, blob in enumerate(server.cert_chain_pems):
        blob.write_to_path(made.cert, append=number > 0)
    return made
