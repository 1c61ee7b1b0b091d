"""The limit: what orjson alone needs for an event, in microseconds of processor time.

``limit.py CHANNEL COUNT`` parses COUNT envelopes and the data in each, and writes a record of both.
"""

import sys
import time  # noqa: TID251 (processor time, which no Clock has)

import orjson

from benchmarks.wire import encode_event, message

channel, count = sys.argv[1:]
events = [encode_event(message(number), channel) for number in range(1_000)]
rounds = max(int(count) // len(events), 1)
began_at = time.process_time()
for _ in range(rounds):
    for text in events:
        event = orjson.loads(text)
        payload = orjson.loads(event["data"])["payload"]
        orjson.dumps(
            {
                "v": 1,
                "event": event["event"],
                "channel": event["channel"],
                "data": payload["data"][0],
                "meta": payload["meta"],
            }
        )
print((time.process_time() - began_at) * 1e6 / (rounds * len(events)))  # noqa: T201 (for the parent)
