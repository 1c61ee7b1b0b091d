"""A command of ``--on-ready`` that takes long."""

from chatapp_tail.supervision import ReadyCommand
from tests.support.waiting import wait_until


def test_command_that_takes_long_is_reported_while_it_runs_and_when_it_ends() -> None:
    said: list[str] = []
    command = ReadyCommand("sleep 0.5", say=said.append, warn=said.append, long=0.1)
    command.start()
    wait_until(lambda: len(said) == 2, "both sentences")
    assert said == [
        "the --on-ready command still runs after 0.1 s; the tail doesn't wait for it",
        "the --on-ready command ended with exit code 0",
    ]
