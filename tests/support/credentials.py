"""Made-up keys of the test apps, and the token that the test API accepts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class App:
    """An app of a Pusher server. The id must be numeric: PyPI ``pusher`` refuses others."""

    id: str
    key: str
    secret: str
    enabled: bool = True


# The key is the vendor's public one, as on their page.
APP = App("1001", "ChatsAppApiProdKey", "test-secret")
DISABLED_APP = App("1003", "DisabledKey", "third-secret", enabled=False)

# Real tokens look like bcrypt hashes: the dollar signs are what shells trip over.
TOKEN = "$2y$10$made.up.token.for.tests.aaaaaaaaaaaaaaaaaaaaaaaaaaa"
