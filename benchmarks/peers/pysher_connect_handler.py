"""Pysher as its README shows it: every new connection is subscribed in the connect handler."""

import json
import logging
import os
import sys
import threading

import pysher

CHANNEL = "private-v1.licenses.1229.messengers.telegram"

logging.basicConfig(level=logging.INFO)

host, port, auth_endpoint = sys.argv[1:]

pusher = pysher.Pusher(
    "ChatsAppApiProdKey",
    secure=False,
    custom_host=host,
    port=int(port),
    auth_endpoint=auth_endpoint,
    auth_endpoint_headers={"Authorization": os.environ["CHATAPP_TOKEN"]},
)


def show(data: str) -> None:
    """Print the items of one event."""
    for item in json.loads(data)["data"]:
        print(json.dumps(item), flush=True)  # noqa: T201 (the program's output)


def connect_handler(_: str) -> None:
    """Subscribe; only possible when connected."""
    channel = pusher.subscribe(CHANNEL)
    channel.bind("message", show)


pusher.connection.bind("pusher:connection_established", connect_handler)
pusher.connect()

while True:
    threading.Event().wait(1)
