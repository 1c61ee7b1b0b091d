"""How long to wait before trying again, in seconds. Pure: chance comes in as an argument."""

from collections.abc import Callable, Iterator

from chatapp_tail.pusher.protocol import CloseAction

# The first pause is at most FIRST seconds, each next one at most twice the one before, up to CAP.
FIRST = 1.0
CAP = 30.0
# A connection that was subscribed for this long counts as a success and starts the series anew.
STABLE_AFTER = 60.0

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
