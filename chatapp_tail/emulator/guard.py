"""Only programs on this machine may use the local ChatApp, no web page from elsewhere.

The secrets of the local ChatApp are public, and any web page can make its visitor's browser send
requests to the loopback: with a ``text/plain`` body or a websocket, which need no preflight, or
under a domain of its own that resolves to 127.0.0.1 (DNS rebinding).
"""

import asyncio
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

# How many bodies of up to 2 MB are read at a time, and the seconds for each.
MAX_BODIES = 16
BODY_TIMEOUT = 10.0

# Browsers send these types across origins only after a preflight, or with an Origin.
_BODY_TYPES = ("application/json", "application/x-www-form-urlencoded")


def refusal(host: str, origin: str | None, body_type: str | None) -> web.Response | None:
    """Return the answer to a request that is refused, None for any other.

    ``host`` and ``origin`` are the headers, ``body_type`` is the media type of the body, if any.
    """
    if not _is_loopback(f"//{host}"):
        text = "Host must name this machine: 127.0.0.1 or localhost."
        return web.Response(status=403, text=text)
    if origin is not None and not _is_loopback(origin):
        return web.Response(status=403, text="Web pages from elsewhere may not ask.")
    if body_type is not None and body_type not in _BODY_TYPES:
        text = f"The Content-Type must be one of: {', '.join(_BODY_TYPES)}."
        return web.Response(status=415, text=text)
    return None


def guard() -> Middleware:
    """Return the middleware that refuses such requests, and bounds the reading of bodies."""
    bodies = asyncio.Semaphore(MAX_BODIES)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        headers, has_body = request.headers, request.can_read_body
        body_type = request.content_type if has_body else None
        if refused := refusal(headers.get("Host", ""), headers.get("Origin"), body_type):
            return refused
        if not has_body:
            return await handler(request)
        async with bodies:
            try:
                async with asyncio.timeout(BODY_TIMEOUT):
                    return await handler(request)
            except TimeoutError:
                return web.Response(status=408, text="The body took too long.")

    return check


def _is_loopback(url: str) -> bool:
    try:
        name = urlsplit(url).hostname or ""
        return name == "localhost" or name.endswith(".localhost") or ip_address(name).is_loopback
    except ValueError:
        return False
