"""asyncpusher as its README shows it, with ``auto_sub`` and an authenticator of its user."""

import asyncio
import json
import logging
import os
import sys
from typing import Any

import aiohttp
from asyncpusher.pusher import Pusher

CHANNEL = "private-v1.licenses.1229.messengers.telegram"

logging.basicConfig(level=logging.INFO)

host, port, auth_endpoint = sys.argv[1:]


async def authenticate(data: dict[str, str]) -> Any:  # noqa: ANN401 (JSON)
    """Ask the API to sign a channel for this connection."""
    headers = {"Authorization": os.environ["CHATAPP_TOKEN"]}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(auth_endpoint, data=data) as answer,
    ):
        answer.raise_for_status()
        return await answer.json()


async def show(data: dict[str, list[object]]) -> None:
    """Print the items of one event."""
    for item in data["data"]:
        print(json.dumps(item), flush=True)  # noqa: T201 (the program's output)


async def main() -> None:
    """Subscribe and stay."""
    pusher = Pusher(
        "ChatsAppApiProdKey",
        secure=False,
        custom_host=host,
        custom_port=int(port),
        channel_authenticator=authenticate,
        auto_sub=True,
    )
    await pusher.connect()
    channel = await pusher.subscribe(CHANNEL)
    channel.bind("message", show)
    await asyncio.Event().wait()


asyncio.run(main())
