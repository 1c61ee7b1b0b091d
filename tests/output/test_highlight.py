import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.record import Record
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.output.formats import OutputSettings, make_sink
from chatapp_tail.output.highlight import NO_HIGHLIGHTS, Highlighter
from chatapp_tail.output.sink import Sink
from tests.chatapp.given import shown
from tests.output.given import any_records, without_colors
from tests.support.records import STARTED_AT, of_item, said

ON, OFF = "\x1b[1;7;33m", "\x1b[0m"


def made(
    output_format: OutputFormat,
    *patterns: str,
    color: ColorMode = ColorMode.ALWAYS,
    full: bool = False,
    width: int = 80,
) -> Sink:
    return make_sink(
        OutputSettings(format=output_format, time=TimeFormat.UTC, color=color, full=full),
        environment={"COLUMNS": str(width)},
        terminal_fd=None,
        started_at=STARTED_AT,
        channels=(),
        highlights=[re.compile(pattern) for pattern in patterns],
    )


def marked(text: str, patterns: Sequence[str]) -> str:
    painted = Highlighter([re.compile(pattern) for pattern in patterns]).paint(text)
    return painted.replace(ON, "<").replace(OFF, ">")


@pytest.mark.parametrize(
    ("patterns", "text", "expected"),
    [
        (["b"], "abcb", "a<b>c<b>"),
        (["a"], "abc", "<a>bc"),
        (["x"], "abc", "abc"),
        (["abc"], "abc", "<abc>"),
        (["b", "a"], "abc", "<ab>c"),
        (["ab", "bc"], "abcd", "<abc>d"),
        (["abcd", "b"], "abcde", "<abcd>e"),
        (["b", "b"], "abc", "a<b>c"),
        (["^a", "c$"], "abc  ", "<a>b<c>  "),
        (["x*"], "abxx", "ab<xx>"),
        ([".*"], "ab  ", "<ab>  "),
        (["(?=b)"], "abc", "abc"),
        (["世"], "a世界", "a<世>界"),
        (["a"], "", ""),
        ([], "abc", "abc"),
    ],
    ids=shown,
)
def test_each_match_is_marked_once(patterns: list[str], text: str, expected: str) -> None:
    assert marked(text, patterns) == expected


def test_text_between_matches_keeps_its_style() -> None:
    highlighter = Highlighter([re.compile("[aou]")])
    assert highlighter.paint("xaxxo", lambda text: f"({text})") == (
        f"(x){ON}a{OFF}(xx){ON}o{OFF}()"
    )
    assert NO_HIGHLIGHTS.paint("xax", lambda text: f"({text})") == "(xax)"


def test_only_the_beginning_of_a_long_text_is_searched() -> None:
    assert marked("x" * 10_000 + "yxy", ["y", "x+"]) == f"<{'x' * 10_000}>yxy"


def test_table_marks_the_words_of_the_record_and_nothing_else() -> None:
    sink = made(OutputFormat.TABLE, "[a-zA-Z1:]+", width=100)
    _, row = sink.render(said("hi there", "Ann")).decode().splitlines()
    assert row == (
        "\x1b[2m11:39:24\x1b[0m "
        f"{ON}message{OFF}            "
        "\x1b[2m5    \x1b[0m "
        f"{ON}Ann{OFF}                "
        f"\x1b[32m←\x1b[0m {ON}hi{OFF} {ON}there{OFF}"
    )
    assert b"\x1b[1;7" not in sink.header()


def test_table_marks_words_that_have_a_color() -> None:
    record = of_item({"id": 5, "type": "failed"}, event="messageStatus")
    row = made(OutputFormat.TABLE, "ai").render(record).decode()
    assert row.endswith(f"\x1b[31m✗ f\x1b[0m{ON}ai{OFF}\x1b[31mled\x1b[0m\n")


def test_table_marks_cleaned_and_cut_text() -> None:
    sink = made(OutputFormat.TABLE, "needle", r"\\x1b", "…")
    cut = sink.render(said("\x1b" + "x" * 36 + " needle" * 9)).decode()
    assert cut.endswith(f" {ON}\\x1b{OFF}{'x' * 36} need{ON}…{OFF}\n")


def test_plain_marks_the_words_and_has_no_other_color() -> None:
    sink = made(OutputFormat.PLAIN, "[Aem]", "2")
    assert sink.render(said("me\tA")).decode() == (
        f"11:39:24\t1229/telegram\t{ON}me{OFF}ssag{ON}e{OFF}\t5\t{ON}A{OFF}nn"
        f"\t← {ON}me{OFF}\\t{ON}A{OFF}\n"
    )


def test_pretty_marks_values_and_no_keys() -> None:
    written = made(OutputFormat.PRETTY, "side", "5").render(of_item({"side": "a side", "id": 5}))
    assert f'\x1b[1;34m"side"\x1b[0m: \x1b[32m"a \x1b[0m{ON}side{OFF}\x1b[32m"\x1b[0m' in (
        written.decode()
    )
    assert f'\x1b[1;34m"id"\x1b[0m: {ON}5{OFF}\n' in written.decode()


@pytest.mark.parametrize("output_format", OutputFormat)
def test_nothing_is_marked_without_color_or_in_a_format_for_programs(
    output_format: OutputFormat,
) -> None:
    colors = [ColorMode.NEVER, ColorMode.AUTO]
    if output_format in (OutputFormat.JSON, OutputFormat.RAW):
        colors.append(ColorMode.ALWAYS)
    for color in colors:
        highlighted = made(output_format, "n", color=color).render(said("needle"))
        assert highlighted == made(output_format, color=color).render(said("needle"))
        assert b"\x1b" not in highlighted


@given(
    any_records(),
    st.sampled_from([OutputFormat.TABLE, OutputFormat.PLAIN, OutputFormat.PRETTY]),
    st.sampled_from([".", "a|世", r"\W", "[ab]+", r"\s+$", "^.*$", "\ufe0f", r"\\"]),
    st.booleans(),
    st.integers(1, 120),
)
@settings(deadline=None)
def test_marks_change_nothing_but_colors(
    record: Record,
    output_format: OutputFormat,
    pattern: str,
    full: bool,  # noqa: FBT001
    width: int,
) -> None:
    sink = made(output_format, pattern, full=full, width=width)
    bare = made(output_format, color=ColorMode.NEVER, full=full, width=width)
    marked_lines = without_colors(sink.render(record)).split("\n")
    bare_lines = bare.render(record).decode().split("\n")
    assert [line.rstrip() for line in marked_lines] == [line.rstrip() for line in bare_lines]
