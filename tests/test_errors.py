import ast
from io import StringIO
from pathlib import Path

import pytest

import chatapp_tail
from chatapp_tail import errors
from chatapp_tail.errors import ChatAppTailError, ExitCode, OutputError, UsageError
from chatapp_tail.output.status import Status

PACKAGE = Path(chatapp_tail.__file__).parent


TREE = [
    one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, ChatAppTailError)
]


def said(error: ChatAppTailError) -> list[str]:
    stream = StringIO()
    Status(stream).error(error)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_error_without_a_hint_shows_the_next_step_of_its_class(
    error: type[ChatAppTailError],
) -> None:
    assert said(error("it broke")) == ["chatapp-tail: error: it broke", f"  {error.next_step}"]
    assert error.next_step.endswith((".", "login", "channels", "doctor", "--help"))


def test_hint_replaces_the_next_step_of_the_class() -> None:
    assert said(OutputError("it broke", hint="Mend it.\nOr not.")) == [
        "chatapp-tail: error: it broke",
        "  Mend it.",
        "  Or not.",
    ]


def test_every_usage_error_has_a_hint() -> None:
    without = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == UsageError.__name__
        and "hint" not in {keyword.arg for keyword in node.keywords}
    ]
    assert without == []


def test_each_error_has_its_exit_code() -> None:
    codes = {one.__name__: int(one.exit_code) for one in TREE}
    assert codes == {
        "ChatAppTailError": 1,
        "UsageError": 2,
        "CredentialsError": 3,
        "ChannelsRefusedError": 4,
        "ConnectionFailedError": 5,
        "OutputError": 1,
        "TransportError": 1,
        "ApiError": 1,
        "TokenRefusedError": 3,
        "ApiRefusedError": 4,
        "ApiUnavailableError": 5,
    }


def test_exit_codes_are_numbers_with_a_meaning() -> None:
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 129, 130, 143]
    assert ExitCode(130) is ExitCode.SIGINT
    assert len({code.meaning for code in ExitCode if code.meaning}) == len(ExitCode)
