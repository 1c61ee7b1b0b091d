"""The floor: the least that a Python program must do, and nothing besides.

A bare loop around websocket-client, orjson in and out, a flushed line for each event. Started as
``floor.py HOST PORT AUTH_ENDPOINT COUNT``; it sends no real signature, and the blaster needs none.
"""

import sys

import orjson
import websocket

CHANNEL = "private-v1.licenses.1229.messengers.telegram"

host, port, _, count = sys.argv[1:]
missing = int(count)
connection = websocket.create_connection(
    f"ws://{host}:{port}/app/ChatsAppApiProdKey?protocol=7", skip_utf8_validation=True
)
connection.recv()
subscription = {"channel": CHANNEL, "auth": "ChatsAppApiProdKey:0"}
connection.send(orjson.dumps({"event": "pusher:subscribe", "data": subscription}).decode())
connection.recv()
stdout = sys.stdout.buffer
while missing:
    event = orjson.loads(connection.recv_data()[1])
    stdout.write(orjson.dumps(orjson.loads(event["data"])) + b"\n")
    stdout.flush()
    missing -= 1
