"""The options and exit codes in the READMEs, between markers."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from chatapp_tail.cli.commands import PROGRAM
from chatapp_tail.cli.option import Option
from chatapp_tail.cli.page import Page, program_page
from chatapp_tail.errors import ExitCode
from tools.program import own_options

TOP = Path(__file__).parents[1]
READMES = ("README.md", "README.ru.md")
_HEAD = "| option | default | meaning |\n| --- | --- | --- |"


def reference() -> Mapping[Path, str]:
    """Return the READMEs that there are. Raises ``ValueError`` for one without the markers."""
    parts = {"options": options_part(program_page()), "exit codes": exit_codes_part()}
    return {
        Path(name): with_parts((TOP / name).read_text(encoding="utf-8"), parts)
        for name in READMES
        if (TOP / name).exists()
    }


def with_parts(text: str, parts: Mapping[str, str]) -> str:
    """Return ``text`` with each part between ``<!-- name -->`` and ``<!-- /name -->``."""
    for name, part in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, begins, rest = text.partition(begin)
        _, ends, after = rest.partition(end)
        if not (begins and ends):
            raise ValueError(f"there is no {begin} with its {end}")
        text = f"{before}{begin}\n\n{part}\n\n{end}{after}"
    return text


def options_part(root: Page) -> str:
    """Return the tables of commands, of the options by panel, and of what only a command has."""
    blocks = [_commands(root.commands)]
    blocks += [f"**{title}**\n\n{_table(map(_row, options))}" for title, options in root.panels]
    blocks.append(f"**Of some commands only**\n\n{_table(_own_rows(root))}")
    return "\n\n".join(blocks)


def exit_codes_part() -> str:
    """Return the table of exit codes."""
    rows = [f"| {int(one)} | {_cell(one.meaning)} |" for one in ExitCode]
    return "\n".join(["| code | meaning |\n| --- | --- |", *rows])


def _commands(pages: Iterable[Page]) -> str:
    rows = [f"| {_code(_usage(page))} | {_cell(page.summary)} |" for page in pages]
    return "\n".join(["| command | does |\n| --- | --- |", *rows])


def _usage(page: Page) -> str:
    return page.usages[0].replace(" [OPTIONS]", "")


def _own_rows(root: Page) -> list[str]:
    """Return a row for each option that the root lacks; one that several have is there once."""
    owners: dict[Option, list[str]] = {}
    for page in root.commands:
        for option in own_options(page, root):
            owners.setdefault(option, []).append(page.name)
    return [_row(option, f"{', '.join(names)}: ") for option, names in owners.items()]


def _table(rows: Iterable[str]) -> str:
    return "\n".join([_HEAD, *rows])


def _row(option: Option, owners: str = "") -> str:
    names = [option.short, option.usage] if option.short else [option.usage]
    meaning = f"{owners}{_cell(option.help)}"
    if option.variables:
        meaning += f" Environment: {', '.join(map(_code, option.variables))}."
    return f"| {', '.join(map(_code, names))} | {_cell(option.shown_default)} | {meaning} |"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _cell(text: str) -> str:
    """Return text for a cell: what is to be typed as code, and nothing that is Markdown or HTML."""
    typed = re.sub(rf"(?<![\w/-])(--?[a-z][\w-]*|{PROGRAM}( [a-z]+)?)", r"`\1`", text)
    return re.sub(r"[|<*\[\]]", r"\\\g<0>", typed)
