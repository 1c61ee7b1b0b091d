"""Pusher's two signatures, made and checked. Pure.

Source: the Pusher Channels documentation, "Auth signatures" (channels) and "HTTP API,
Authentication" (requests). Both are HMAC-SHA256 with the app's secret, in hex.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class App:
    """A Pusher app. The key is public; the secret makes signatures."""

    id: str
    key: str
    secret: str = field(repr=False)


# The app of the local ChatApp. Its secret is public: it listens on the loopback alone.
LOCAL_APP = App("1001", "ChatsAppApiProdKey", "local-secret")


def sign_channel(app: App, socket_id: str, channel: str) -> str:
    """Return ``KEY:HEX``, which allows one socket to subscribe to one channel."""
    return f"{app.key}:{_hmac_hex(app, f'{socket_id}:{channel}')}"


def channel_auth_is_valid(app: App, socket_id: str, channel: str, auth: object) -> bool:
    """Return whether ``auth``, as a client sent it, is what ``sign_channel`` returns."""
    return isinstance(auth, str) and _same(auth, sign_channel(app, socket_id, channel))


def sign_request(app: App, path: str, body: bytes, *, timestamp: int) -> dict[str, str]:
    """Return the query of a signed ``POST path``. ``timestamp`` is in unix seconds."""
    query = {
        "auth_key": app.key,
        "auth_timestamp": str(timestamp),
        "auth_version": "1.0",
        "body_md5": _md5_hex(body),
    }
    return query | {"auth_signature": _request_signature(app, path, query)}


def request_refusal(app: App, path: str, query: Mapping[str, str], body: bytes) -> str | None:
    """Return why the signature of a ``POST path`` is wrong, None if it is right."""
    if query.get("auth_key") != app.key:
        return "Unknown auth_key."
    if not _same(query.get("body_md5", ""), _md5_hex(body)):
        return "body_md5 is not the MD5 of the body."
    if not _same(query.get("auth_signature", ""), _request_signature(app, path, query)):
        return "Invalid auth_signature."
    return None


def _request_signature(app: App, path: str, query: Mapping[str, str]) -> str:
    signed = "&".join(
        f"{name}={value}" for name, value in sorted(query.items()) if name != "auth_signature"
    )
    return _hmac_hex(app, f"POST\n{path}\n{signed}")


def _hmac_hex(app: App, text: str) -> str:
    return hmac.new(_bytes(app.secret), _bytes(text), hashlib.sha256).hexdigest()


def _md5_hex(body: bytes) -> str:
    # The protocol prescribes MD5 as a checksum; the signature protects the request.
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(_bytes(given), _bytes(wanted))


def _bytes(text: str) -> bytes:
    # Clients can send lone surrogates (\ud83d), which must not match and must not raise.
    return text.encode(errors="surrogatepass")
