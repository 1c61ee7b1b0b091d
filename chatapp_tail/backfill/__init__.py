"""Messages from REST where the websocket brought none: after a gap, or before the start."""

from collections.abc import Iterable, Sequence

from chatapp_tail.gaps import Gap


class NoFiller:
    """The filler of a run that fills no gaps. Here, so that it loads nothing else of the room."""

    unfinished: frozenset[str] = frozenset()

    def subscribed(self, channel: str, gap: Gap | None) -> None:
        """Ignore it."""

    def over(self, gap: Gap | None) -> None:
        """Ignore it."""

    def remember(self, keys: Iterable[int]) -> None:
        """Ignore them."""

    def newest(self, most: int) -> Sequence[int]:  # noqa: ARG002 (as GapFiller)
        """Return that nothing is remembered."""
        return ()

    def step(self) -> bool:
        """Return that there is nothing to show."""
        return False
