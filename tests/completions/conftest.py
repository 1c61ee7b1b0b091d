"""A home with a listing and profiles, and the shells in it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.completions.shells import SHELLS, Shell

# Names that are themselves nowhere on a command line; what runs in one of them leaves a file.
WILD = (
    "$(touch pwned)",
    "`touch pwned`",
    "a;touch pwned",
    "b|touch pwned",
    "c && touch pwned",
    'it\'s "quoted" \\ {a,b} *?[x] <y> !1 #z %w',
    "a:b=c@d,e",
    "имя с пробелом",
)
CHANNELS = (
    ("1229/telegram", "Мой магазин: telegram $(touch pwned)"),
    ("1229/grWhatsApp", ""),
    ("user/685", "\x1b[31manna@example.com\n\ttab"),
    *((f"wild/{name}", "") for name in WILD),
    ("two\nlines", "left out"),
)
PROFILES = ("default", "work", *WILD, "two\nlines")


def furnish(home: Path) -> Path:
    """Put a channel listing of two profiles, profiles and a recording into a home."""
    cache, config = home / ".cache/chatapp-tail", home / ".config/chatapp-tail"
    cache.mkdir(parents=True)
    config.mkdir(parents=True)
    for profile, channels in (("default", CHANNELS), ("work", (("77/avito", ""),))):
        rows = [{"spec": spec, "description": description} for spec, description in channels]
        content = {"api_url": "https://api.example", "channels": rows}
        (cache / f"{profile}.json").write_text(json.dumps(content), encoding="utf-8")
    tables = "".join(f"[profile.{json.dumps(name)}]\n" for name in PROFILES)
    (config / "config.toml").write_text(tables, encoding="utf-8")
    (home / "recorded.jsonl").touch()
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home that all tests of a module share."""
    return furnish(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module", params=SHELLS, ids=lambda one: str(one.name))
def shell(request: pytest.FixtureRequest, home: Path) -> Iterator[Shell]:
    """Yield each shell in turn."""
    kind: type[Shell] = request.param
    with kind(home) as running:
        yield running
