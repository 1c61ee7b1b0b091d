import pytest
from rich.cells import cell_len

from chatapp_tail.output.wrapping import broken, cells, filled, fitting
from tests.support.waiting import assert_linear


@pytest.mark.parametrize(
    ("sentence", "width", "lines"),
    [
        ("as wide as it", 13, ["as wide as it"]),
        ("wider than it is", 13, ["wider than it", "    is"]),
        ("  a hint of three", 10, ["  a hint", "    of", "    three"]),
        ("a  b   c    d", 5, ["a  b", "    c", "    d"]),
        ("   ^", 2, ["   ^"]),
        (
            "see https://example.invalid/long now",
            12,
            ["see", "    https://example.invalid/long", "    now"],
        ),
        ("чат 世界世界 и всё", 10, ["чат", "    世界世界", "    и всё"]),
        ("", 10, [""]),
        ("ends in spaces" + " " * 10_000, 10, ["ends in", "    spaces"]),
        ("one two", 1, ["one", "    two"]),
    ],
)
def test_sentence_is_broken_between_words(sentence: str, width: int, lines: list[str]) -> None:
    assert broken(sentence, width).split("\n") == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("onetwothree", ["onetwoth", "ree"]),
        ("one     two", ["one", "two"]),
        ("世界世界世界", ["世界世界", "世界"]),
        ("e\u0301" * 9, ["e\u0301" * 8, "e\u0301"]),
    ],
)
def test_text_is_filled_into_lines_of_a_width(text: str, lines: list[str]) -> None:
    assert list(filled(text, 8)) == lines


@pytest.mark.parametrize("unit", ["word ", "x", "Привет ", "😀", "e\u0301", "\u0301", " "])
def test_long_text_is_filled_in_linear_time(unit: str) -> None:
    def fill(size: int) -> int:
        return sum(map(len, filled(unit * (size // len(unit)) + "x", 60)))

    assert_linear(fill, 100_000)


def test_cells_are_counted_as_rich_counts_them() -> None:
    characters = [chr(code) for code in range(0x20, 0x3100) if chr(code).isprintable()]
    assert [one for one in characters if cells(one) != cell_len(one)] == []
    assert [one for one in characters if fitting(f"{one}漢", cell_len(one)) != 1] == []
