"""How often to ping: more often where something on the way forgets idle connections. Pure."""

# The usual interval between two pings, and the shortest that deaths lead to, in seconds.
PING_INTERVAL = 30.0
_SHORTEST = 10.0
# A connection that dies sooner than this after its last sign of life didn't die of idleness.
_LEAST_IDLE = 5.0
_DEATHS = 2
# By how much a silence may be longer than the interval between two pings.
_LATENCY = 1.0


class KeepAlive:
    """Learns from connections that died while they were idle, as pusher-js does.

    A proxy or a NAT that forgets a connection after 25 s of silence would end each one before its
    first ping. After two such deaths ``interval`` is half of the shorter silence.
    """

    def __init__(self) -> None:
        self.interval = PING_INTERVAL
        self._idle: list[float] = []

    def died(self, idle_for: float, longest_silence: float) -> bool:
        """Note a death without a close frame after so many seconds of silence.

        ``longest_silence`` is what the connection has survived before. Returns whether
        ``interval`` is shorter now.
        """
        if not max(_LEAST_IDLE, longest_silence) < idle_for <= self.interval + _LATENCY:
            return False
        self._idle.append(idle_for)
        if len(self._idle) < _DEATHS:
            return False
        shorter = max(min(self._idle) / 2, _SHORTEST)
        self._idle.clear()
        if shorter >= self.interval:
            return False
        self.interval = shorter
        return True
