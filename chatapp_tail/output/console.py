"""The Rich console for what is bounded: tables printed once."""

from typing import TextIO

from rich.console import Console


def make_console(stream: TextIO, *, color: bool) -> Console:
    """Return a console that leaves remote text as it is: no markup, no highlighting."""
    return Console(
        file=stream,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,  # or Rich looks at NO_COLOR, which --color always overrules
        highlight=False,
        markup=False,
    )
