"""JSON answers, and the layer before all routes, which refuses requests of foreign web pages."""

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from chatapp_tail import jsontext
from chatapp_tail.emulator.guard import refusal

# How many bodies of up to 2 MB are read at a time, and the seconds for each.
MOST_BODIES = 16
BODY_TIMEOUT = 10.0

# Sees each request before the routes do; what it returns is the answer, if it is one.
Before = Callable[[web.Request], web.Response | None]


def json_answer(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer with ``body`` as JSON."""
    return web.Response(
        status=status,
        body=jsontext.dumps(body),
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def interception(before: Before | None, name: str | None = None) -> Middleware:
    """Return the layer; it sees every request, also websockets and paths without a route.

    ``name`` is another Host that is accepted besides the names of the loopback.
    """
    bodies = asyncio.Semaphore(MOST_BODIES)

    @web.middleware
    async def intercept(request: web.Request, handler: Handler) -> web.StreamResponse:
        headers, has_body = request.headers, request.can_read_body
        body_type = request.content_type if has_body else None
        host, origin = headers.get("Host", ""), headers.get("Origin")
        if refused := refusal(host, origin, body_type, name=name):
            return web.Response(status=refused.status, text=refused.reason)
        if before is not None and (answer := before(request)) is not None:
            return answer
        if not has_body:
            return await handler(request)
        async with bodies:
            return await _in_time(handler, request)

    return intercept


async def _in_time(handler: Handler, request: web.Request) -> web.StreamResponse:
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            return await handler(request)
    except TimeoutError:
        return web.Response(status=408, text="The body took too long.")
