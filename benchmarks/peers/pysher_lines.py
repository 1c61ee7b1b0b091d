"""Pysher for the measurements of speed: ``data`` as a line of JSON, the end after COUNT events.

Started as ``pysher_lines.py HOST PORT AUTH_ENDPOINT COUNT``, the token in ``CHATAPP_TOKEN``.
"""

import json
import os
import sys
import threading

import pysher

CHANNEL = "private-v1.licenses.1229.messengers.telegram"

host, port, auth_endpoint, count = sys.argv[1:]
missing = int(count)
is_over = threading.Event()

pusher = pysher.Pusher(
    "ChatsAppApiProdKey",
    secure=False,
    custom_host=host,
    port=int(port),
    auth_endpoint=auth_endpoint,
    auth_endpoint_headers={"Authorization": os.environ["CHATAPP_TOKEN"]},
)


def show(data: str) -> None:
    """Print one event."""
    global missing  # noqa: PLW0603 (a script)
    print(json.dumps(json.loads(data)), flush=True)  # noqa: T201 (the program's output)
    missing -= 1
    if missing == 0:
        is_over.set()


def connect_handler(_: str) -> None:
    """Subscribe; only possible when connected."""
    pusher.subscribe(CHANNEL).bind("message", show)


pusher.connection.bind("pusher:connection_established", connect_handler)
pusher.connect()
is_over.wait()
os._exit(0)  # its threads would stay for a while
