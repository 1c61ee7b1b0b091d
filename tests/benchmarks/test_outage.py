"""A dead webhook with a spool, for seconds; and what decides over the exit code for minutes."""

import sys
from pathlib import Path

import pytest

from benchmarks.longrun import Size
from benchmarks.outage import Figures, faults, measure

SIZE = Size(descriptors=9, threads=6, memory=60_000_000)
GOOD = Figures(
    outage=600.0,
    sent=12_200,
    once=12_199,
    twice=1,
    lost=0,
    caught_up=40.0,
    exit_code=-15,
    sizes=(SIZE, SIZE, SIZE),
)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_dead_webhook_gets_every_event_once_it_is_back(tmp_path: Path) -> None:
    figures = measure(tmp_path, outage=2.0, rate=20.0, calm=0.5)
    assert figures.sent == 60
    assert figures.lost == 0
    assert faults(figures._replace(sizes=(SIZE, SIZE, SIZE))) == []


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        (GOOD._replace(lost=3), "3 events lost"),
        (GOOD._replace(twice=2), "2 events came twice"),
        (GOOD._replace(exit_code=1), "it ended with 1"),
        (
            GOOD._replace(sizes=(SIZE, SIZE, SIZE._replace(descriptors=14))),
            "9 and 14 descriptors, 9 before",
        ),
        (
            GOOD._replace(sizes=(SIZE, SIZE._replace(memory=80_000_000), SIZE)),
            "80,000,000 and 60,000,000 bytes of memory, 60,000,000 before",
        ),
    ],
)
def test_each_bad_figure_is_named(figures: Figures, sentence: str) -> None:
    assert faults(GOOD) == []
    assert faults(figures) == [sentence]
