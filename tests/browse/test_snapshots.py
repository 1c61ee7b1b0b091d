"""How it looks, kept as text: what changes here is to be looked at."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.browse.given import Fed, lines, play, press

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = [(80, 24), (120, 35)]


def a_day() -> Fed:
    """Return a feed in which a bit of everything has happened."""
    fed = Fed()
    fed.feed.write("chatapp-tail: subscribed to 1229/telegram\n")
    fed.message(1, "Здравствуйте! Можно торт к субботе? 🍰", who="Айгүл Ермекова", time=1795347559)
    fed.message(2, "Конечно!", side="out", who="Айгүл Ермекова", created={"id": 124})
    fed.status(2, "delivered", after=2.4)
    fed.message(3, "[bold]not markup[/bold] \x1b[2J", chat="private-2", who="Дмитрий")
    fed.feed.write("chatapp-tail: warning: gap of 3 s (11:39:26–11:39:29) in 1229/telegram\n")
    fed.message(4, "漢字 are wide", chat="private-2", who="Дмитрий", after=9)
    reason = {"code": 131026, "title": "Message undeliverable"}
    fed.status(4, "failed", chat="private-2", error=reason, after=10)
    fed.status(2, "viewed", after=12)
    fed.feed.mark()
    return fed


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("rows", []),
        ("record", ["up", "up", "enter"]),
        ("conversation", ["up", "c"]),
        ("message", ["up", "t"]),
    ],
)
def test_screen_looks_as_it_did(name: str, keys: list[str], size: tuple[int, int]) -> None:
    """Compare; a snapshot that isn't there is written, to be looked at."""

    async def scene(pilot: Pilot[None]) -> None:
        await press(pilot, *keys)
        shown = "".join(f"{line}\n" for line in lines(pilot))
        kept = SNAPSHOTS / f"{name}-{size[0]}x{size[1]}.txt"
        if not kept.exists():
            kept.write_text(shown, encoding="utf-8")
            pytest.fail(f"{kept.name} is new: look at it, and keep it")
        assert shown == kept.read_text(encoding="utf-8")

    play(a_day().services(), scene, size)
