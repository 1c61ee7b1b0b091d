"""Messages from REST where the websocket brought none: after a gap, or before the start."""

from chatapp_tail.gaps import Gap


class NoFiller:
    """The filler of a run that fills no gaps. Here, so that it loads nothing else of the room."""

    unfinished = 0

    def subscribed(self, channel: str, gap: Gap | None) -> None:
        """Ignore it."""

    def over(self, gap: Gap | None) -> None:
        """Ignore it."""

    def step(self) -> bool:
        """Return that there is nothing to show."""
        return False
