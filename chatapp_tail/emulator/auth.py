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
    """A Pusher app. The key is public, the secret signs."""

    id: str
    key: str
    secret: str = field(repr=False)


def sign_channel(app: App, socket_id: str, channel: str, channel_data: str | None = None) -> str:
    """Return ``KEY:HEX``, the right of one socket to watch one channel."""
    parts = [socket_id, channel] if channel_data is None else [socket_id, channel, channel_data]
    return f"{app.key}:{_hmac_hex(app, ':'.join(parts))}"


def channel_auth_is_valid(app: App, socket_id: str, channel: str, auth: object) -> bool:
    """Tell whether ``auth``, as a client sent it, is what ``sign_channel`` returns."""
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
    """Return why a ``POST path`` isn't the app's own, or None if it is."""
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
    # A checksum that the protocol fixes; the signature is what protects.
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(_bytes(given), _bytes(wanted))


def _bytes(text: str) -> bytes:
    # Clients can send lone surrogates (\ud83d); they must not raise, only not match.
    return text.encode(errors="surrogatepass")
