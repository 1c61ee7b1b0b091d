"""The speed of ``replay``: ``--speed 1`` as it came, ``10``, ``0.5``, or ``max``. Pure."""

import math
import re
from datetime import datetime

_SPEED = re.compile(r"(?P<number>[0-9]{1,9}(\.[0-9]{1,9})?)x?")


def parse_speed(text: str) -> float:
    """Return how many recorded seconds pass in one: 1, 10, 0.5, or infinity for ``max``.

    Raises ``ValueError`` with the right forms for anything else, and for zero.
    """
    if text.strip().lower() == "max":
        return math.inf
    match = _SPEED.fullmatch(text.strip().lower())
    speed = float(match["number"]) if match else 0.0
    if speed <= 0:
        raise ValueError(f"{text!r} is not a speed; write 1, 10, 0.5 or max")
    return speed


class Pace:
    """When each frame is due. Gaps are kept, but time never goes back.

    Recordings that follow each other in one file may overlap: a frame that is older than the one
    before it is due at once.
    """

    def __init__(self, speed: float) -> None:
        """``speed`` is what ``parse_speed`` returns."""
        self._speed = speed
        self._previous: datetime | None = None
        self._due = 0.0

    @property
    def is_finite(self) -> bool:
        """Whether frames have to be waited for."""
        return self._speed < math.inf

    def due(self, received_at: datetime) -> float:
        """Return when the next frame is due, in seconds after the first one."""
        if self._previous is not None:
            self._due += max((received_at - self._previous).total_seconds(), 0.0) / self._speed
        self._previous = received_at
        return self._due
