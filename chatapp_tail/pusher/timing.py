"""How long to wait between two attempts, and between two pings. Pure; durations in seconds.

Both remember what became of earlier connections, so they live longer than a session.
"""

from collections.abc import Callable, Iterator

from chatapp_tail.pusher.protocol import CloseAction

# The first pause is at most FIRST seconds, each next one at most twice the one before, up to CAP.
FIRST = 1.0
CAP = 30.0
# A connection that was subscribed for this long counts as a success and starts the series anew.
STABLE_AFTER = 60.0

# The usual interval between two pings, and the shortest that lost connections lead to.
PING_INTERVAL = 30.0
_SHORTEST_INTERVAL = 10.0
# A connection that is lost sooner than this after its last sign of life wasn't lost for idleness.
_LEAST_IDLE = 5.0
# So many losses while idle shorten the interval.
_LOSSES = 2
# By how much a silence may be longer than the interval between two pings.
_LATENCY = 1.0

Uniform = Callable[[float, float], float]


def jittered_delays(uniform: Uniform) -> Iterator[float]:
    """Yield delays with full jitter, without end: uniform(0, 1), uniform(0, 2), … (0, 30)."""
    ceiling = FIRST
    while True:
        yield uniform(0.0, ceiling)
        ceiling = min(ceiling * 2, CAP)


class ReconnectBackoff:
    """The pauses between connections: jittered, and none for the first "reconnect at once"."""

    def __init__(self, uniform: Uniform) -> None:
        self._uniform = uniform
        self._delays = jittered_delays(uniform)
        self._hurried = False

    def delay(self, action: CloseAction, at_least: float = 0.0) -> float:
        """Return the seconds to wait after a connection that ended with ``action``.

        A server that keeps closing with 4200 gets one reconnect at once, then the usual pauses.
        """
        if action is CloseAction.RECONNECT_NOW and not self._hurried:
            self._hurried = True
            return 0.0
        return max(at_least, next(self._delays))

    def connection_lasted(self, subscribed_for: float) -> None:
        """Note the life of a connection, in seconds since its first subscription."""
        if subscribed_for >= STABLE_AFTER:
            self._delays = jittered_delays(self._uniform)
            self._hurried = False


class KeepAlive:
    """Learns from connections that were lost while they were idle, as pusher-js does.

    A proxy or a NAT that forgets a connection after 25 s of silence would end each one before its
    first ping. After two such losses ``interval`` is half of the shorter silence.
    """

    def __init__(self) -> None:
        self.interval = PING_INTERVAL
        self._idle: list[float] = []

    def lost(self, idle_for: float, longest_silence: float) -> bool:
        """Note a loss without a close frame after ``idle_for`` seconds of silence.

        ``longest_silence`` is what the connection has survived before. Returns whether
        ``interval`` is shorter now.
        """
        if not max(_LEAST_IDLE, longest_silence) < idle_for <= self.interval + _LATENCY:
            return False
        self._idle.append(idle_for)
        if len(self._idle) < _LOSSES:
            return False
        shorter = max(min(self._idle) / 2, _SHORTEST_INTERVAL)
        self._idle.clear()
        if shorter >= self.interval:
            return False
        self.interval = shorter
        return True
