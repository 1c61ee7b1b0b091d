import inspect

import pytest
import typer

from chatapp_tail.cli.app import TailGroup, app
from chatapp_tail.cli.commands import Commands


def hello(ctx: typer.Context) -> None:
    """Say hello."""
    typer.echo(f"hello from {ctx.info_name}")


def test_command_is_made_of_a_function_once(capsys: pytest.CaptureFixture[str]) -> None:
    commands = Commands()
    commands.add(help="Say hello.", epilog="That was all.", hidden=True)(hello)
    assert list(commands) == ["hello"]
    made = commands["hello"]
    assert (made.name, made.help, made.epilog) == ("hello", "Say hello.", "That was all.")
    assert made.hidden
    made.main([], prog_name="program", standalone_mode=False)
    assert capsys.readouterr().out == "hello from program\n"
    assert commands["hello"] is made


def test_unknown_name_has_no_command() -> None:
    commands = Commands()
    assert commands.get("hello") is None
    assert len(commands) == 0


def test_command_that_nobody_asks_for_is_not_looked_at() -> None:
    def strange(ctx: typer.Context, what: inspect.Signature) -> None:
        """Take what no word of a command line can be."""

    commands = Commands()
    commands.add(help="Say hello.")(hello)
    commands.add(help="Take anything.")(strange)
    assert list(commands) == ["hello", "strange"]
    assert commands["hello"].name == "hello"
    with pytest.raises(RuntimeError, match="Type not yet supported"):
        commands["strange"]


def test_all_commands_can_be_made_and_none_looks_like_a_channel() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TailGroup)
    context = group.make_context("chatapp-tail", ["demo"])
    for name in group.list_commands(context):
        assert group.get_command(context, name).name == name
        assert "/" not in name
        assert not name.startswith("private-")
