"""Whether to colour a stream. Pure.

Rich takes ``FORCE_COLOR=0`` for on and ignores ``CLICOLOR``, so the decision is made here.
"""

from collections.abc import Mapping

from chatapp_tail.output import ColorMode


def use_color(mode: ColorMode, environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Return the decision for one stream: flag, then environment, then whether it is a terminal.

    Sources: no-color.org, force-color.org, and the CLICOLOR convention (bixense.com/clicolors).
    """
    if mode is not ColorMode.AUTO:
        return mode is ColorMode.ALWAYS
    if environment.get("NO_COLOR"):
        return False
    for variable in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        if value := environment.get(variable):
            return value != "0"
    if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb":
        return False
    return is_terminal
