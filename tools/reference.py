"""The tables of options, of the record and of exit codes in the pages, between markers."""

import json
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

from chatapp_tail.chatapp.fields import AUTHOR_FIELDS, FIELDS, RecordField
from chatapp_tail.chatapp.identity import AUTHOR_KINDS
from chatapp_tail.cli.commands import COMMANDS, NAMED, PROGRAM, TAIL, Command
from chatapp_tail.cli.option import Option
from chatapp_tail.errors import ExitCode
from tools.russian import AUTHOR, EXIT_CODES, HEADINGS, RECORD

TOP = Path(__file__).parents[1]
# The pages, and the parts of each.
PAGES: Mapping[str, tuple[str, ...]] = {
    "README.md": ("exit codes",),
    "README.ru.md": ("exit codes",),
    "docs/reference.md": ("options", "record", "author", "exit codes"),
    "docs/ru/reference.md": ("options", "record", "author", "exit codes"),
}
_HEAD = "| option | default | meaning |\n| --- | --- | --- |"


def reference() -> Mapping[Path, str]:
    """Return the pages that there are. Raises ``ValueError`` for one without its markers."""
    english = {
        "options": options_part(),
        "record": record_part(),
        "author": author_part(),
        "exit codes": exit_codes_part(),
    }
    russian = english | {
        "record": record_part(russian=RECORD),
        "author": author_part(russian=AUTHOR),
        "exit codes": exit_codes_part(russian=EXIT_CODES),
    }
    for heading, translated in HEADINGS.items():
        russian = {name: part.replace(heading, translated) for name, part in russian.items()}
    return {
        Path(name): with_parts(
            (TOP / name).read_text(encoding="utf-8"),
            {part: (russian if is_russian(name) else english)[part] for part in wanted},
        )
        for name, wanted in PAGES.items()
        if (TOP / name).exists()
    }


def is_russian(name: str) -> bool:
    """Return whether a page, by its path from the top, is in Russian."""
    return name.endswith(".ru.md") or name.startswith("docs/ru/")


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


def own_and_shared(command: Command) -> tuple[list[Option], list[Option]]:
    """Return a command's own options, and those that the tail has with the same meaning."""
    options, tail = list(chain(*command.panels.values())), COMMANDS[TAIL].options.values()
    return [one for one in options if one not in tail], [one for one in options if one in tail]


def options_part() -> str:
    """Return the tables of commands, of the options by panel, and of what only a command has."""
    blocks = [_commands()]
    blocks += [
        f"**{title}**\n\n{_table(map(_row, options))}"
        for title, options in COMMANDS[TAIL].panels.items()
    ]
    blocks.append(f"**Of some commands only**\n\n{_table(_own_rows())}")
    return "\n\n".join(blocks)


def exit_codes_part(*, russian: Mapping[int, str] | None = None) -> str:
    """Return the table of exit codes; ``russian`` has other words for them."""
    rows = [
        f"| {int(one)} | {_cell(one.meaning if russian is None else russian[one])} |"
        for one in ExitCode
    ]
    return "\n".join(["| code | meaning |\n| --- | --- |", *rows])


def record_part(*, russian: Mapping[str, str] | None = None) -> str:
    """Return the table of a record's fields; ``russian`` has other words for them."""
    return _fields_table(
        (name, _types(field), field.description if russian is None else russian[name])
        for name, field in FIELDS.items()
    )


def author_part(*, russian: Mapping[str, str] | None = None) -> str:
    """Return the table of an author's fields; ``russian`` has other words for them."""
    kinds = ", ".join(f'`"{kind}"`' for kind in AUTHOR_KINDS)
    return _fields_table(
        (
            name,
            kinds if name == "kind" else "string, null",
            description if russian is None else russian[name],
        )
        for name, description in AUTHOR_FIELDS.items()
    )


def _fields_table(rows: Iterable[tuple[str, str, str]]) -> str:
    lines = [f"| `{name}` | {types} | {_cell(meaning)} |" for name, types, meaning in rows]
    return "\n".join(["| key | value | meaning |\n| --- | --- | --- |", *lines])


def _types(field: RecordField) -> str:
    """Return what a value may be, in words or as it stands in JSON."""
    if field.values:
        written = [*field.values, None] if field.is_nullable else field.values
        return ", ".join(f"`{json.dumps(one)}`" for one in written)
    in_words = {"any": "any JSON", "author": "object", "true": "`true`", "key": "string"}
    return in_words.get(field.type, field.type) + (", null" if field.is_nullable else "")


def _commands() -> str:
    rows = [
        f"| {_code(one.usage.replace(' [OPTIONS]', ''))} | {_cell(one.summary)} |" for one in NAMED
    ]
    return "\n".join(["| command | does |\n| --- | --- |", *rows])


def _own_rows() -> list[str]:
    """Return a row for each option that the tail lacks; one that several have is there once."""
    owners: dict[Option, list[str]] = {}
    for command in NAMED:
        for option in own_and_shared(command)[0]:
            owners.setdefault(option, []).append(command.name)
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
