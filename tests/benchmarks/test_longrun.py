"""What decides over the exit code of ``make bench-long``, and which losses count as said."""

import pytest

from benchmarks.clients import Said
from benchmarks.longrun import Figures, Size, faults
from benchmarks.outcome import is_in

SIZE = Size(descriptors=20, threads=6, memory=60_000_000)
GOOD = Figures(
    seconds=900.0,
    sent=270_000,
    breaks=14,
    gaps=14,
    lost_in_gaps=9_000,
    lost_outside=0,
    twice=0,
    exit_code=None,
    sizes=(SIZE, SIZE, SIZE),
)


def test_what_is_lost_in_gaps_alone_is_no_fault() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        (GOOD._replace(lost_outside=1), "1 events lost outside the gaps"),
        (GOOD._replace(twice=2), "2 events came twice"),
        (GOOD._replace(gaps=0), "no gap was said"),
        (GOOD._replace(exit_code=1), "it ended by itself with 1"),
        (
            GOOD._replace(sizes=(SIZE, SIZE, SIZE._replace(descriptors=24))),
            "24 descriptors at the end, 20 at the beginning",
        ),
        (
            GOOD._replace(sizes=(SIZE, SIZE, SIZE._replace(threads=9))),
            "9 threads at the end, 6 at the beginning",
        ),
        (
            GOOD._replace(sizes=(SIZE, SIZE, SIZE._replace(memory=80_000_000))),
            "80,000,000 bytes of memory at the end, 60,000,000 in the middle",
        ),
    ],
)
def test_each_bad_figure_is_named(figures: Figures, sentence: str) -> None:
    assert faults(figures) == [sentence]


@pytest.mark.parametrize(
    ("at", "is_said"), [(9.7, False), (9.9, True), (15.0, True), (20.0, True), (20.1, False)]
)
def test_loss_is_said_from_just_before_a_gap_to_its_end(at: float, is_said: bool) -> None:  # noqa: FBT001
    assert is_in([Said(10.0, 20.0)], at) is is_said
