"""Pusher's HTTP API for servers: publishing. The official server libraries can use it.

Source: the Pusher Channels documentation, "HTTP API", ``POST /apps/{id}/events`` and
``/batch_events``; limits as soketi has them.
"""

from typing import NamedTuple

from aiohttp import web

from chatapp_tail import jsontext
from chatapp_tail.emulator.auth import App, request_refusal
from chatapp_tail.emulator.hub import Hub

MAX_DATA = 100 * 1024  # bytes of one event's data
MAX_CHANNELS = 100
MAX_BATCH = 10
MAX_BODY = 2 * 1024 * 1024


class _Refused(Exception):  # noqa: N818  (a reply, not an error of ours)
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _Event(NamedTuple):
    name: str
    channels: tuple[str, ...]
    data: object
    exclude: str
    wants_count: bool


class PusherApi:
    """The routes with which a server publishes to the sockets of ``hub``."""

    def __init__(self, app: App, hub: Hub) -> None:
        self._app = app
        self._hub = hub

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/apps/{id}/events", self._events),
            web.post("/apps/{id}/batch_events", self._batch_events),
        ]

    async def _events(self, request: web.Request) -> web.Response:
        """Answer 200, or 400, 401, 404, 413 with a reason in plain text.

        ``info=subscription_count`` is answered as Pusher does, with the number for each channel.
        """
        try:
            event = _parse_event(await self._signed_body(request))
        except _Refused as refused:
            return web.Response(status=refused.status, text=refused.reason)
        counts = self._publish(event)
        channels = {name: {"subscription_count": count} for name, count in counts.items()}
        return web.json_response(
            {"ok": True} | ({"channels": channels} if event.wants_count else {})
        )

    async def _batch_events(self, request: web.Request) -> web.Response:
        """Answer as ``_events``; one wrong event refuses the whole batch."""
        try:
            batch = (await self._signed_body(request)).get("batch")
            if not isinstance(batch, list) or len(batch) > MAX_BATCH:
                raise _Refused(400, f"batch must be a list of at most {MAX_BATCH} events.")
            events = [_parse_event(event) for event in batch]
        except _Refused as refused:
            return web.Response(status=refused.status, text=refused.reason)
        for event in events:
            self._publish(event)
        return web.json_response({"ok": True})

    async def _signed_body(self, request: web.Request) -> dict[str, object]:
        if (app_id := request.match_info["id"]) != self._app.id:
            raise _Refused(404, f"The app {app_id} could not be found.")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge as exc:
            raise _Refused(413, f"The body is larger than {MAX_BODY} bytes.") from exc
        if refusal := request_refusal(self._app, request.path, request.query, body):
            raise _Refused(401, refusal)
        return _parse_object(body)

    def _publish(self, event: _Event) -> dict[str, int]:
        """Send to the subscribers of each channel; return how many there were."""
        return {
            channel: self._hub.publish(channel, event.name, event.data, exclude=event.exclude)
            for channel in event.channels
        }


def _parse_object(body: bytes) -> dict[str, object]:
    try:
        parsed = jsontext.loads(body)
    except ValueError as exc:
        raise _Refused(400, "The body is not JSON.") from exc
    if not isinstance(parsed, dict):
        raise _Refused(400, "The body is not a JSON object.")
    return parsed


def _parse_event(event: object) -> _Event:
    """Read one event of a body. ``data`` may be anything but null; the libraries send text."""
    if not isinstance(event, dict):
        raise _Refused(400, "An event must be an object.")
    name, data, exclude = event.get("name"), event.get("data"), event.get("socket_id")
    if not (isinstance(name, str) and name):
        raise _Refused(400, "name must be a text.")
    if data is None:
        raise _Refused(400, "data is missing.")
    size = len(data.encode(errors="replace") if isinstance(data, str) else jsontext.dumps(data))
    if size > MAX_DATA:
        raise _Refused(413, f"data is {size} bytes; {MAX_DATA} are allowed.")
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
        raise _Refused(400, f"channels must be a list of at most {MAX_CHANNELS} names.")
    names = tuple(channel for channel in channels if isinstance(channel, str) and channel)
    if len(names) != len(channels):
        raise _Refused(400, "channel must be a text.")
    return names
