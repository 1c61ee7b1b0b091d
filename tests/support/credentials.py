"""Made-up Pusher apps, and the token that the test API accepts."""

from chatapp_tail.emulator.auth import App

# The key is the vendor's public one, as on their page. PyPI ``pusher`` needs numeric ids.
APP = App("1001", "ChatsAppApiProdKey", "test-secret")
DISABLED_APP = App("1003", "DisabledKey", "third-secret")

# Real tokens look like bcrypt hashes, with dollar signs, which shells expand.
TOKEN = "$2y$10$made.up.token.for.tests.aaaaaaaaaaaaaaaaaaaaaaaaaaa"
