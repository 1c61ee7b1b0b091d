"""JSON answers."""

from collections.abc import Mapping

from aiohttp import web

from chatapp_tail import jsontext


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
