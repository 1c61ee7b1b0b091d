"""The Nomad job, as far as its text can be checked: its parts, and its commands."""

import json
from pathlib import Path

import hcl2

from chatapp_tail import __version__
from tests.deploy.given import DEPLOY, environment, log_in, run_tail
from tests.support.emulated import Emulator

JOB = "chatapp-tail.nomad.hcl"


def plain(value: object) -> object:
    """Return what the parser read without the quotes that it leaves around texts and labels."""
    match value:
        case dict():
            return {plain(key): plain(one) for key, one in value.items()}
        case list():
            return [plain(one) for one in value]
        case str() if value.startswith('"'):
            return json.loads(value)
        case _:
            return value


with (DEPLOY / JOB).open(encoding="utf-8") as file:
    PARSED: dict = plain(hcl2.load(file))  # type: ignore[type-arg, assignment]
GROUP = PARSED["job"][0]["chatapp-tail"]["group"][0]["tail"]
TASKS = {name: task for one in GROUP["task"] for name, task in one.items()}


def test_image_is_that_of_the_version() -> None:
    assert PARSED["variable"][0]["image"]["default"] == f"chatapp-tail:{__version__}"


def test_every_task_is_locked_down() -> None:
    assert list(TASKS) == ["login", "tail"]
    for task in TASKS.values():
        (config,) = task["config"]
        assert task["user"] == "10001"
        assert config["readonly_rootfs"] is True
        assert config["cap_drop"] == ["all"]
        assert config["security_opt"] == ["no-new-privileges"]


def test_commands_log_in_and_record_their_share(emulator: Emulator, tmp_path: Path) -> None:
    secrets = {"NOMAD_SECRETS_DIR": str(tmp_path), "NOMAD_ALLOC_INDEX": "0"}
    found = environment(emulator, **secrets)
    (login,), (tail,) = (TASKS[name]["config"][0]["args"] for name in ("login", "tail"))
    assert f"$NOMAD_ALLOC_INDEX/{GROUP['count']}" in tail
    log_in(tmp_path, login, found)
    assert emulator.requests.count("/v1/tokens") == 1
    assert "watching 1 channel of 6" in run_tail(tmp_path, tail, found)
