"""Messages from REST for the time without a websocket: of a gap, or before the start."""

from collections.abc import Iterable, Sequence

from chatapp_tail.gaps import Gap


class NoFiller:
    """The filler of a run that fills no gaps. It is here so that it loads no other module."""

    unfinished: frozenset[str] = frozenset()

    def subscribed(self, channel: str, gap: Gap | None) -> None:
        """Ignore it."""

    def over(self, gap: Gap | None) -> None:
        """Ignore it."""

    def remember(self, keys: Iterable[int]) -> None:
        """Ignore them."""

    def newest(self, most: int) -> Sequence[int]:  # noqa: ARG002 (as GapFiller)
        """Return nothing."""
        return ()

    def step(self) -> bool:
        """Return False: there is nothing to show."""
        return False
