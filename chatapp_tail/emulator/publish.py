"""Pusher's HTTP API, with which server libraries publish events.

Source: the Pusher Channels documentation, "HTTP API", ``POST /apps/{id}/events`` and
``/batch_events``; limits as soketi has them.
"""

from typing import NamedTuple

from aiohttp import web

from chatapp_tail import jsontext
from chatapp_tail.emulator.auth import LOCAL_APP, request_refusal
from chatapp_tail.emulator.websocket import HUB

MAX_DATA = 100 * 1024  # bytes of one event's data
MAX_CHANNELS = 100
MAX_BATCH = 10
MAX_BODY = 2 * 1024 * 1024

routes = web.RouteTableDef()


class _Event(NamedTuple):
    name: str
    channels: tuple[str, ...]
    data: object
    exclude: str
    wants_count: bool


@routes.post("/apps/{id}/events")
async def _events(request: web.Request) -> web.Response:
    """Answer 200, or 400, 401, 404, 413 with a reason in plain text.

    With ``info=subscription_count`` the answer has the number of subscribers of each channel.
    """
    event = _parse_event(await _signed_body(request))
    channels = {
        channel: {"subscription_count": count}
        for channel, count in _publish(request, event).items()
    }
    return web.json_response({"ok": True} | ({"channels": channels} if event.wants_count else {}))


@routes.post("/apps/{id}/batch_events")
async def _batch_events(request: web.Request) -> web.Response:
    """Answer as ``_events``; one invalid event refuses the whole batch."""
    batch = (await _signed_body(request)).get("batch")
    if not isinstance(batch, list) or len(batch) > MAX_BATCH:
        raise _invalid(f"batch must be a list of at most {MAX_BATCH} events.")
    for event in [_parse_event(event) for event in batch]:
        _publish(request, event)
    return web.json_response({"ok": True})


def _publish(request: web.Request, event: _Event) -> dict[str, int]:
    """Send to the subscribers of each channel; return how many there were."""
    hub = request.app[HUB]
    return {
        channel: hub.publish(channel, event.name, event.data, exclude=event.exclude)
        for channel in event.channels
    }


async def _signed_body(request: web.Request) -> dict[str, object]:
    if (app_id := request.match_info["id"]) != LOCAL_APP.id:
        raise web.HTTPNotFound(text=f"The app {app_id} could not be found.")
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge as exc:
        raise _too_large(f"The body is larger than {MAX_BODY} bytes.") from exc
    if reason := request_refusal(LOCAL_APP, request.path, request.query, body):
        raise web.HTTPUnauthorized(text=reason)
    try:
        parsed = jsontext.loads(body)
    except ValueError as exc:
        raise _invalid("The body is not JSON.") from exc
    if not isinstance(parsed, dict):
        raise _invalid("The body is not a JSON object.")
    return parsed


def _parse_event(event: object) -> _Event:
    """Read one event of a body. ``data`` may be any value but null; the libraries send strings."""
    if not isinstance(event, dict):
        raise _invalid("An event must be an object.")
    name, data, exclude = event.get("name"), event.get("data"), event.get("socket_id")
    if not (isinstance(name, str) and name):
        raise _invalid("name must be a string.")
    if data is None:
        raise _invalid("data is missing.")
    size = len(data.encode(errors="replace") if isinstance(data, str) else jsontext.dumps(data))
    if size > MAX_DATA:
        raise _too_large(f"data is {size} bytes; {MAX_DATA} are allowed.")
    return _Event(
        name,
        _parse_channels(event),
        data,
        exclude if isinstance(exclude, str) else "",
        wants_count="subscription_count" in str(event.get("info", "")).split(","),
    )


def _parse_channels(event: dict[str, object]) -> tuple[str, ...]:
    channels = event.get("channels") or [event.get("channel")]
    if not isinstance(channels, list) or len(channels) > MAX_CHANNELS:
        raise _invalid(f"channels must be a list of at most {MAX_CHANNELS} names.")
    names = tuple(channel for channel in channels if isinstance(channel, str) and channel)
    if len(names) != len(channels):
        raise _invalid("channel must be a string.")
    return names


def _invalid(reason: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=reason)


def _too_large(reason: str) -> web.HTTPRequestEntityTooLarge:
    return web.HTTPRequestEntityTooLarge(MAX_BODY, text=reason)
