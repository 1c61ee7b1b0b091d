"""How the screens look, kept as text: look at what changes here."""

from pathlib import Path

import pytest

from tests.browse.given import Fed, shown

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = [(80, 24), (120, 35)]


def a_day() -> Fed:
    """Return a feed of messages, statuses, a failure, a gap and a mark."""
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

    with shown(a_day(), size) as screen:
        screen.press(*keys)
        drawn = f"{screen.text}\n"
    kept = SNAPSHOTS / f"{name}-{size[0]}x{size[1]}.txt"
    if not kept.exists():
        kept.write_text(drawn, encoding="utf-8")
        pytest.fail(f"{kept.name} is new: look at it, and keep it")
    assert drawn == kept.read_text(encoding="utf-8")
