import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_tail.sharding import Shard, parse_shard

TELEGRAM = "private-v1.licenses.1229.messengers.telegram"


@pytest.mark.parametrize(
    ("name", "of_2", "of_3", "of_10", "of_10000"),
    [
        (TELEGRAM, 0, 2, 4, 594),
        ("private-v1.licenses.1229.messengers.grWhatsApp", 1, 2, 7, 8_497),
        ("private-v1.companies.2224", 1, 0, 9, 3_899),
        ("private-v1.users.685", 1, 1, 3, 4_333),
        ("", 0, 0, 6, 9_876),
        ("Привет", 0, 0, 0, 1_390),
        ("\ud800", 0, 2, 4, 3_464),
    ],
)
def test_share_of_a_name_never_changes(
    name: str, of_2: int, of_3: int, of_10: int, of_10000: int
) -> None:
    assert Shard(of_2, 2).has(name)
    assert Shard(of_3, 3).has(name)
    assert Shard(of_10, 10).has(name)
    assert Shard(of_10000, 10_000).has(name)


@given(st.text(), st.integers(1, 20))
def test_each_name_is_in_exactly_one_share(name: str, count: int) -> None:
    assert sum(Shard(index, count).has(name) for index in range(count)) == 1


@pytest.mark.parametrize(
    ("text", "shard"),
    [
        ("0/1", Shard(0, 1)),
        ("0/3", Shard(0, 3)),
        ("2/3", Shard(2, 3)),
        (" 2/3 ", Shard(2, 3)),
        ("007/010", Shard(7, 10)),
        ("9999/10000", Shard(9_999, 10_000)),
    ],
)
def test_shard_is_read_as_index_and_count(text: str, shard: Shard) -> None:
    assert parse_shard(text) == shard


def test_shard_is_written_as_it_is_read() -> None:
    assert str(Shard(2, 3)) == "2/3"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("3/3", "'3/3' is not one of them; I counts from 0: 0/3, 1/3, 2/3"),
        ("1/1", "'1/1' is not one of them; I counts from 0: 0/1"),
        ("4/4", "'4/4' is not one of them; I counts from 0: 0/4, 1/4, 2/4, 3/4"),
        ("5/5", "'5/5' is not one of them; I counts from 0: 0/5, 1/5, … 4/5"),
        ("9/0", "'9/0' has no shares; N is at least 1"),
        ("0/10001", "'0/10001' is too many; N is at most 10000"),
        ("3", "'3' is not a shard; write I/N, as in 0/3 for the first of three"),
    ],
)
def test_wrong_shard_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^'") as refused:
        parse_shard(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    "text", ["", "/", "1/", "/3", "-1/3", "+1/3", "1/3/5", "1 / 3", "0/1e3", "٣/9", "9" * 100_000]
)
def test_anything_else_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="is not a shard; write I/N, as in 0/3"):
        parse_shard(text)
