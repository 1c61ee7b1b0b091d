import pytest

from chatapp_tail.units import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64M", 67_108_864),
        ("512k", 524_288),
        ("1G", 1_073_741_824),
        ("64MiB", 67_108_864),
        ("64mb", 67_108_864),
        (" 64 MB ", 67_108_864),
        ("1Gi", 1_073_741_824),
        ("1000", 1_000),
        ("1000b", 1_000),
        ("1", 1),
        ("999999999G", 1_073_741_822_926_258_176),
    ],
)
def test_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "0", "0M", "-1M", "+1M", "1.5M", "1e6", "M", "64T", "64X", "64ib", "64i", "1MM"],
        *["9" * 10, "9" * 100_000, "٣M", "six", "1M2k", "inf"],
    ],
    ids=lambda text: text[:12] or "empty",
)
def test_anything_else_is_refused_with_the_right_forms(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size; write 64M, 512k or 1G"):
        parse_size(text)
