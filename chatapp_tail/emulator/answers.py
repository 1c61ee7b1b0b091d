"""JSON answers, and the layer before all routes: it notes each request, and fails it on demand."""

from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from chatapp_tail import jsontext
from chatapp_tail.emulator.failures import PlannedFailures
from chatapp_tail.emulator.requestlog import RequestLog


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


def interception(failures: PlannedFailures, requests: RequestLog) -> Middleware:
    """Return the layer; it sees every request, also websockets and paths without a route."""

    @web.middleware
    async def intercept(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Noted first: a client that has its answer finds its request in the log.
        requests.add(request.method, request.path, request.headers.items())
        failure = failures.take(request.path)
        if failure is None:
            return await handler(request)
        return web.Response(status=failure.status, headers=failure.headers, body=failure.body)

    return intercept
