"""The filler of a run that fills no gaps."""

from chatapp_tail.gaps import Gap


class NoFiller:
    """For who doesn't want anything filled: does nothing."""

    unfinished = 0

    def subscribed(self, channel: str, gap: Gap | None) -> None:
        """Ignore it."""

    def over(self, gap: Gap | None) -> None:
        """Ignore it."""

    def step(self) -> bool:
        """Return that there is nothing to show."""
        return False
