"""The floor of a replay: the least that a Python program must do to read and write each record.

``floor_replay.py FILE`` writes the JSON Lines of FILE to stdout, with orjson in and out.
"""

import sys
from pathlib import Path

import orjson

with Path(sys.argv[1]).open("rb") as record:
    for line in record:
        sys.stdout.buffer.write(orjson.dumps(orjson.loads(line)) + b"\n")
