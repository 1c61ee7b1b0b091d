from collections.abc import Mapping

import pytest

from chatapp_tail.output import ColorMode, use_color


@pytest.mark.parametrize(
    ("environment", "on_terminal", "in_pipe"),
    [
        ({}, True, False),
        ({"TERM": "xterm-256color"}, True, False),
        # NO_COLOR comes before everything else; empty is not set
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": "0"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, False, False),
        ({"NO_COLOR": "", "FORCE_COLOR": "1"}, True, True),
        # then the two that force, 0 meaning off
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "3"}, True, True),
        ({"FORCE_COLOR": "true"}, True, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": ""}, True, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"FORCE_COLOR": "0", "CLICOLOR_FORCE": "1"}, False, False),
        ({"FORCE_COLOR": "1", "CLICOLOR_FORCE": "0"}, True, True),
        ({"FORCE_COLOR": "", "CLICOLOR_FORCE": "1"}, True, True),
        ({"FORCE_COLOR": "1", "CLICOLOR": "0", "TERM": "dumb"}, True, True),
        # then the two that switch off
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "1"}, True, False),
        ({"CLICOLOR": "1", "TERM": "dumb"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
    ids=str,
)
def test_environment_decides_and_else_whether_it_is_a_terminal(
    environment: Mapping[str, str],
    on_terminal: bool,  # noqa: FBT001
    in_pipe: bool,  # noqa: FBT001
) -> None:
    assert use_color(ColorMode.AUTO, environment, is_terminal=True) is on_terminal
    assert use_color(ColorMode.AUTO, environment, is_terminal=False) is in_pipe


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize(
    ("mode", "environment", "color"),
    [
        (ColorMode.ALWAYS, {}, True),
        (ColorMode.ALWAYS, {"NO_COLOR": "1", "TERM": "dumb", "CLICOLOR": "0"}, True),
        (ColorMode.ALWAYS, {"FORCE_COLOR": "0"}, True),
        (ColorMode.NEVER, {}, False),
        (ColorMode.NEVER, {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_flag_overrules_the_environment_and_the_stream(
    mode: ColorMode,
    environment: Mapping[str, str],
    color: bool,  # noqa: FBT001
    is_terminal: bool,  # noqa: FBT001
) -> None:
    assert use_color(mode, environment, is_terminal=is_terminal) is color
