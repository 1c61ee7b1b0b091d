"""What a tail costs that has nothing to do, or 500 channels; and how fast a record is replayed.

And what running unattended costs: ``--resume``, ``--metrics``, and a webhook's idempotency key.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from timeit import repeat

from benchmarks.bench import PEERS, Bench, run, say
from benchmarks.child import CLOCK, Child, Terminal
from benchmarks.figures import FLOOR, PUSHER_JS, TAIL, Goal, Row, at_least, at_most
from benchmarks.throughput import to_a_file
from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.events import samples
from chatapp_tail.chatapp.fields import idempotency_key
from chatapp_tail.pusher.protocol import PusherEvent
from tests.support.loopback_http import Answer, LoopbackHTTP, Request

# Seconds from the subscription until the start is over; less than until the first ping.
_SETTLING_TIME = 3.0
_MOST_WAKE_UPS = 2.0
# top shows tenths of a percent of one processor.
_MOST_CPU = 0.05
_MOST_PER_CHANNEL = 10.0
_AUTHORIZATION_TIME = 0.02
_EVENTS_RATE = 20
_CHANNEL = "private-v1.licenses.{}.messengers.telegram"
_MEGABYTE = 1e6
_FILTERED, _UNFILTERED = "with -e", "without"
# Fewer than may wait for a webhook.
_FORWARDED = 5_000
_FORWARDING_TIME = 60.0
_UNATTENDED = ("--resume", "{home}/state", "--metrics", "{home}/prom")
_KEY = "its key"
_KEYS = 10_000


def measure(bench: Bench) -> list[Row]:
    """Return the rows for idleness, many channels, a webhook, and a replay."""
    return [*_idle(bench), *_channels(bench), *_forwarding(bench), *_replay(bench)]


def _idle(bench: Bench) -> list[Row]:
    found = {}
    for program in (TAIL, PUSHER_JS):
        command = bench.command(program, 1)
        with Child(command, bench.environment, stdout=subprocess.PIPE, stderr=bench.words) as child:
            found[program] = _idleness(bench, child)
    with (
        Terminal() as terminal,
        Child(bench.tail(), bench.environment, stderr=bench.words, terminal=terminal.fd) as child,
    ):
        found["on a terminal"] = _idleness(bench, child)
    wake_ups = {name: wakes for name, (wakes, _) in found.items()}
    cpu = {name: percent for name, (_, percent) in found.items()}
    ours = (TAIL, "on a terminal")
    return [
        Row(
            "idle, wake-ups a second",
            wake_ups,
            [Goal(wake_ups[name], _MOST_WAKE_UPS, is_least=False) for name in ours],
        ),
        Row(
            "idle, % of a processor",
            cpu,
            [Goal(cpu[name], _MOST_CPU, is_least=False) for name in ours],
        ),
    ]


def _idleness(bench: Bench, child: Child) -> tuple[float, float]:
    """Return wake-ups a second and the percentage of a processor of a subscribed program."""
    bench.blaster.next_subscription()
    threading.Event().wait(_SETTLING_TIME)
    began_at, wake_ups, cpu = CLOCK.now(), child.wake_ups(), child.processor_time()
    threading.Event().wait(bench.scale.idle_time)
    seconds = CLOCK.now() - began_at
    used = child.processor_time() - cpu
    return (child.wake_ups() - wake_ups) / seconds, used / seconds * 100


def _channels(bench: Bench) -> list[Row]:
    """Watch many channels, and send events to the first from its subscription on."""
    number = bench.scale.channels
    names = [_CHANNEL.format(n) for n in range(1, number + 1)]
    bench.blaster.delay_authorizations(_AUTHORIZATION_TIME)
    one, _, _ = _watched(bench, names[:1])
    many, early, expected = _watched(bench, names)
    bench.blaster.delay_authorizations(0.0)
    share = min(early / expected, 1.0) if expected else 0.0
    per_channel = (many - one) / (number - 1) / 1024
    return [
        Row(
            f"{number} channels, share of the first one's events shown before the last is ready",
            {TAIL: share},
            [Goal(share, 0.9)],
        ),
        Row(
            f"{number} channels, memory for each, KiB",
            {TAIL: per_channel},
            [Goal(per_channel, _MOST_PER_CHANNEL, is_least=False)],
        ),
    ]


def _watched(bench: Bench, names: Sequence[str]) -> tuple[float, int, int]:
    """Return the memory with all channels, and of the events sent until the last was subscribed:
    how many lines were there by then, and how many could have been.
    """
    path = bench.home / "lines"
    with (
        path.open("wb") as lines,
        Child(
            bench.tail("--json", specs=names), bench.environment, stdout=lines, stderr=bench.words
        ) as child,
    ):
        bench.blaster.next_subscription()
        began_at = CLOCK.now()
        sending = len(names) > 1
        if sending:
            # More than enough: they end with the program.
            bench.blaster.send(int(_EVENTS_RATE * 600), _EVENTS_RATE)
        for _ in names[1:]:
            bench.blaster.next_subscription()
        seconds = CLOCK.now() - began_at
        shown = path.read_bytes().count(b"\n")
        threading.Event().wait(_SETTLING_TIME / 3)
        memory = child.memory()
    if sending:
        bench.blaster.sent()
    return memory, shown, int(_EVENTS_RATE * seconds)


def _forwarding(bench: Bench) -> list[Row]:
    """Forward to a local webhook, with what runs unattended and without."""
    options = {TAIL: [one.format(home=bench.home) for one in _UNATTENDED], _UNFILTERED: []}
    runs: dict[str, list[float]] = {name: [] for name in options}
    for number in range(bench.scale.runs):
        for name, more in options.items():
            runs[name].append(_forwarded(bench, more))
            say(f"forwarded, {name}, {number + 1}: {runs[name][-1]:,.0f}/s")
    rates = {name: median(found) for name, found in runs.items()}
    times = {TAIL: 1e6 / rates[_UNFILTERED], _KEY: _key_time()}
    return [
        Row(
            "forwarded to a local webhook with --resume and --metrics, events/s",
            rates,
            [at_least(rates, 0.9, _UNFILTERED)],
        ),
        Row(
            "forwarded to a local webhook, µs an event",
            times,
            [Goal(times[_KEY] / times[TAIL], 0.1, is_least=False)],
        ),
    ]


def _forwarded(bench: Bench, options: Sequence[str]) -> float:
    """Return how many events a second arrive at a webhook that answers at once."""
    arrived = threading.Semaphore(0)

    def answer(_request: Request) -> Answer:
        arrived.release()
        return Answer()

    with LoopbackHTTP(answer) as webhook:
        command = bench.tail("--json", "--forward-to", webhook.url, *options)
        with Child(command, bench.environment, stderr=bench.words):
            bench.blaster.next_subscription()
            bench.blaster.send(_FORWARDED)
            began_at = CLOCK.now()
            for _ in range(_FORWARDED):
                if not arrived.acquire(timeout=_FORWARDING_TIME):
                    raise TimeoutError("the webhook doesn't get all events")
            seconds = CLOCK.now() - began_at
            bench.blaster.sent()
    return _FORWARDED / seconds


def _key_time() -> float:
    """Return the microseconds that the idempotency key of a message takes."""
    event = PusherEvent("message", _CHANNEL.format(1), samples("message")[0])
    records = decode_event(event, seq=1, received_at=CLOCK.utcnow())
    best = min(repeat(lambda: idempotency_key(records), number=_KEYS, repeat=5))
    return best / _KEYS * 1e6


def _replay(bench: Bench) -> list[Row]:
    """Replay JSON Lines to /dev/null: those of many events, and the same until they are a lot."""
    count = bench.scale.events
    to_a_file(bench, bench.command(TAIL, count), count)
    few, many = bench.home / "lines", bench.home / "many-lines"
    size = few.stat().st_size
    content = few.read_bytes()
    with many.open("wb") as record:
        for _ in range(-(-bench.scale.record // size)):
            record.write(content)
    commands = {
        TAIL: [sys.executable, "-m", "chatapp_tail", "replay", "--json"],
        _FILTERED: [sys.executable, "-m", "chatapp_tail", "replay", "--json", "-e", "message"],
        FLOOR: [sys.executable, str(PEERS / "floor_replay.py")],
    }
    runs: dict[str, list[tuple[float, float]]] = {program: [] for program in commands}
    few_peaks = []
    for _ in range(bench.scale.runs):
        few_peaks.append(_replayed(bench, commands[TAIL], few)[1])
        for program, command in commands.items():
            speed, peak = _replayed(bench, command, many)
            runs[program].append((speed, peak))
            say(f"replay: {program} {speed:.1f} MB/s, {peak:.1f} MB of memory")
    speeds = {program: median(speed for speed, _ in of_one) for program, of_one in runs.items()}
    peaks = {program: median(peak for _, peak in of_one) for program, of_one in runs.items()}
    what = f"replay of a record of {many.stat().st_size / _MEGABYTE:,.0f} MB"
    few_name = f"of {size / _MEGABYTE:,.0f} MB"
    peaks[few_name] = median(few_peaks)
    filtered = {TAIL: speeds.pop(_FILTERED), _UNFILTERED: speeds[TAIL]}
    del peaks[_FILTERED]
    fast = [at_least(speeds, 0.35, FLOOR)]
    return [
        Row(f"{what} as JSON Lines, MB/s", speeds, fast),
        Row(f"{what} with -e, MB/s", filtered, [at_least(filtered, 0.9, _UNFILTERED)]),
        Row(f"{what}, peak memory, MB", peaks, [at_most(peaks, 1.05, few_name)]),
    ]


def _replayed(bench: Bench, command: Sequence[str], record: Path) -> tuple[float, float]:
    """Return the megabytes a second of a whole process, and its peak megabytes of memory."""
    with Child([*command, str(record)], bench.environment, stderr=bench.words) as child:
        usage = child.wait()
        seconds = usage.ended_at - child.started_at
    return record.stat().st_size / _MEGABYTE / seconds, usage.peak / _MEGABYTE


if __name__ == "__main__":
    sys.exit(run([measure], __doc__))
