"""The tables of options, of the record and of exit codes in the pages, between markers."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from chatapp_tail.chatapp.fields import AUTHOR_FIELDS, FIELDS, RecordField
from chatapp_tail.chatapp.identity import AUTHOR_KINDS
from chatapp_tail.cli.commands import COMMANDS, NAMED, PROGRAM, TAIL, Command
from chatapp_tail.cli.option import Option
from chatapp_tail.errors import ExitCode
from tools import russian as ru

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
    """Return the pages that there are.

    Raises ``ValueError`` for a page without its markers, ``LookupError`` for missing Russian words.
    """
    english = {
        "options": options_part(ENGLISH),
        "record": record_part(),
        "author": author_part(),
        "exit codes": exit_codes_part(),
    }
    try:
        russian = _russian()
    except KeyError as exc:
        raise LookupError(f"tools/russian.py has no words for {exc}: add them there") from None
    return {
        Path(name): with_parts(
            (TOP / name).read_text(encoding="utf-8"),
            {part: (russian if is_russian(name) else english)[part] for part in wanted},
        )
        for name, wanted in PAGES.items()
        if (TOP / name).exists()
    }


def _russian() -> dict[str, str]:
    """Return the parts in Russian. Raises ``KeyError`` for what has no words."""
    parts = {
        "options": options_part(RUSSIAN),
        "record": record_part(russian=ru.RECORD),
        "author": author_part(russian=ru.AUTHOR),
        "exit codes": exit_codes_part(russian=ru.EXIT_CODES),
    }
    for heading, translated in ru.HEADINGS.items():
        parts = {name: part.replace(heading, translated) for name, part in parts.items()}
    return parts


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


def options_part(words: "Words") -> str:
    """Return the tables of commands, of the options by panel, and of what only a command has."""
    blocks = [_commands(words)]
    blocks += [
        f"**{words.panel(title)}**\n\n{_table(_row(words, TAIL, one) for one in options)}"
        for title, options in COMMANDS[TAIL].panels.items()
    ]
    blocks.append(f"**{words.panel('Of some commands only')}**\n\n{_table(_own_rows(words))}")
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


def _commands(words: "Words") -> str:
    rows = [
        f"| {_code(one.usage.replace(' [OPTIONS]', ''))} | {_cell(words.command(one))} |"
        for one in NAMED
    ]
    return "\n".join(["| command | does |\n| --- | --- |", *rows])


def _own_rows(words: "Words") -> list[str]:
    """Return a row for each option that the tail lacks; one that several have is there once."""
    owners: dict[Option, list[str]] = {}
    for command in NAMED:
        for option in own_and_shared(command)[0]:
            owners.setdefault(option, []).append(command.name)
    return [
        _row(words, names[0], option, f"{', '.join(names)}: ") for option, names in owners.items()
    ]


def _table(rows: Iterable[str]) -> str:
    return "\n".join([_HEAD, *rows])


def _row(words: "Words", owner: str, option: Option, owners: str = "") -> str:
    names = [option.short, option.usage] if option.short else [option.usage]
    meaning = f"{owners}{_cell(words.option(owner, option))}"
    if option.variables:
        meaning += f" {words.environment}: {', '.join(map(_code, option.variables))}."
    return f"| {', '.join(map(_code, names))} | {_cell(words.default(option))} | {meaning} |"


class Words(NamedTuple):
    """What a language says of commands and options."""

    environment: str
    panel: Callable[[str], str]
    command: Callable[[Command], str]
    option: Callable[[str, Option], str]
    """Takes the name of the command, too."""
    default: Callable[[Option], str]


def _russian_option(owner: str, option: Option) -> str:
    name = option.usage.split()[0]
    return ru.OPTIONS[name if owner == TAIL else f"{owner} {name}"]


ENGLISH = Words(
    "Environment",
    panel=str,
    command=lambda one: one.summary,
    option=lambda _, option: option.help,
    default=lambda option: option.shown_default,
)
RUSSIAN = Words(
    "Переменная окружения",
    panel=lambda title: ru.PANELS[title],
    command=lambda one: ru.COMMANDS[one.name],
    option=_russian_option,
    default=lambda option: ru.DEFAULTS.get(option.shown_default, option.shown_default),
)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _cell(text: str) -> str:
    """Return text for a cell: what is to be typed as code, and nothing that is Markdown or HTML."""
    typed = re.sub(rf"(?<![\w/-])(--?[a-z][\w-]*|{PROGRAM}( [a-z]+)?)", r"`\1`", text)
    return re.sub(r"[|<*\[\]]", r"\\\g<0>", typed)
