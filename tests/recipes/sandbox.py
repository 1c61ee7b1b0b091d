"""The recipes in the pages, and where they run: a shell with the tail and a local ChatApp."""

import os
import re
import sqlite3
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.chatapp.events import samples
from tests.support.cli_process import CLI, endpoint
from tests.support.emulated import Emulator

TOP = Path(__file__).parents[2]
README, PAGE = "README.md", "docs/recipes.md"
# Where pip puts programs: those of the dependency group "recipes", and chatapp-tail.
SCRIPTS = sysconfig.get_path("scripts")

_BLOCK = re.compile(r"^<!-- recipe: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"^```(?!console|json)\w+$", re.MULTILINE)
_TELEGRAM = parse_spec("1229/telegram").name


def recipes() -> dict[str, str]:
    """Return the recipes of the README and of their own page, by the names in comments above them.

    All blocks of that page are recipes, but for commands that are shown with a prompt, and files.
    """
    page = (TOP / PAGE).read_text(encoding="utf-8")
    assert len(_BLOCK.findall(page)) == len(_SHELL.findall(page))
    return dict(_BLOCK.findall((TOP / README).read_text(encoding="utf-8") + page))


class Sandbox:
    """Runs the recipes in ``home``, with their commands as they stand in the page."""

    def __init__(self, home: Path, emulator: Emulator) -> None:
        self.home = home
        self._emulator = emulator
        self._recipes = recipes()
        self._write_profile()
        self._environment = endpoint(emulator.socket_url, emulator.api_url, emulator.token) | {
            "PATH": f"{home}{os.pathsep}{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
            "CHATAPP_TAIL_CONFIG": str(home / "config.toml"),
        }

    def start(
        self,
        name: str,
        *,
        count: int | None = None,
        but: Mapping[str, str] = MappingProxyType({}),
        **environment: str,
    ) -> CLI:
        """Return the recipe as a process. The tail ends after ``count`` items, as by Ctrl-C.

        Where the recipe has an end of its own there is no count. ``but`` has words to replace.
        """
        self._write_profile("" if count is None else f"count = {count}")
        script = self._recipes[name]
        for word, other in but.items():
            assert word in script
            script = script.replace(word, other)
        return CLI(self.home, script=script, environment=self._environment | environment)

    @contextmanager
    def watching(self, name: str, **options: Any) -> Iterator[CLI]:  # noqa: ANN401 (those of start)
        """Run a recipe as ``start`` does, from when its tail is subscribed."""
        with self.start(name, **options) as process:
            process.wait_for("subscribed to 1229/telegram")
            yield process

    def run(self, command: str) -> CLI:
        """Return a command of a page as a process; signals reach the program."""
        return CLI(self.home, script=f"exec {command}", environment=self._environment)

    def tail(self, *arguments: str) -> CLI:
        """Return the tail itself, for what a recipe finds there when it begins."""
        return CLI(self.home, *arguments, environment=self._environment)

    def finished(self, name: str) -> str:
        """Return what a recipe writes that ends by itself."""
        with self.start(name) as process:
            assert process.exit_code() == 0, process.stderr.text
            return process.stdout.text

    def stored(self, columns: str) -> list[Any]:
        """Return columns of the events in the database, none where there is no table yet."""
        database = f"file:{self.home}/chatapp.db?mode=rwc"
        with closing(sqlite3.connect(database, uri=True)) as connection:
            query = "SELECT 1 FROM sqlite_master WHERE name = 'events'"
            if not connection.execute(query).fetchall():
                return []
            return connection.execute(f"SELECT {columns} FROM events").fetchall()  # noqa: S608

    def program(self, name: str, script: str) -> None:
        """Put a shell script on the PATH."""
        path = self.home / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)

    def send(self, event: str, watchers: int = 1, **fields: object) -> None:
        """Have the documented sample of ``event`` sent to the telegram channel, as on the wire."""
        sample = samples(event)[0]
        items = sample["data"]
        assert isinstance(items, list)
        payload = {"data": [items[0] | fields], "meta": sample["meta"]}
        wrapped = {"queue": "events", "payload": payload}
        assert self._emulator.publish(_TELEGRAM, event, wrapped) == watchers

    def send_text(self, text: str, side: str = "in") -> None:
        """Have a message sent."""
        content = {"text": text, "caption": "", "file": None, "location": None}
        self.send("message", side=side, message=content)

    def _write_profile(self, more: str = "") -> None:
        # A tail that outlives a failed test gives up as soon as the emulator is gone.
        (self.home / "config.toml").write_text(f"[profile.default]\nretries = 0\n{more}\n")
