import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import Record
from chatapp_tail.errors import OutputError
from chatapp_tail.output.backlog import Backlog, Batch
from chatapp_tail.pusher.protocol import PusherEvent
from tests.chatapp.given import hostile_text, json_values
from tests.support.records import STARTED_AT, TELEGRAM, batch

MEBIBYTE = 1024 * 1024
NOTICE = b'{"v":1,"kind":"notice"}\n'


def everything(backlog: Backlog) -> list[Batch]:
    """Let the backlog finish, and take what it has."""
    backlog.finish()
    batches = []
    while taken := backlog.take():
        batches += taken
    backlog.close()
    return batches


def items(batches: Sequence[Batch]) -> list[object]:
    """Return the data of the records, and lines as they are."""
    return [
        entry.data if isinstance(entry, Record) else entry
        for one in batches
        for entry in one.entries
    ]


def filled(backlog: Backlog) -> Backlog:
    """Return ``backlog`` with so much decoded that everything else goes to the spool."""
    assert backlog.put(batch("first", size=MEBIBYTE))
    return backlog


@pytest.mark.parametrize("memory", [1, 20_000, 64 * MEBIBYTE])
def test_order_is_kept_over_decoded_records_memory_and_disk(memory: int) -> None:
    backlog = Backlog(memory_bytes=memory)
    for number in range(1_000):
        assert backlog.put(batch(number, size=2_000))  # 524 of them wait decoded
        if number % 100 == 99:
            assert backlog.put(Batch([b"%d\n" % number], 4))
    expected: list[object] = []
    for number in range(1_000):
        expected += [number, b"%d\n" % number] if number % 100 == 99 else [number]
    assert backlog.waiting == 1_010
    assert items(everything(backlog)) == expected


@pytest.mark.parametrize("memory", [1, 20_000, 64 * MEBIBYTE])
def test_order_is_kept_by_a_reader_that_reads_now_and_then(memory: int) -> None:
    backlog, taken = Backlog(memory_bytes=memory), list[Batch]()
    for number in range(3_000):
        assert backlog.put(batch(number, "x" * (number % 300), size=5_000))
        if number % 700 in (690, 695, 699):
            taken += backlog.take()
    taken += everything(backlog)
    assert items(taken)[::2] == list(range(3_000))


def test_waiting_counts_what_is_put_and_not_written() -> None:
    backlog = Backlog(memory_bytes=1)
    backlog.put(batch("a", "b"))
    backlog.put(Batch([NOTICE], len(NOTICE)))
    assert backlog.waiting == 3
    backlog.take()
    assert backlog.waiting == 3
    backlog.written(2)
    assert backlog.waiting == 1


def events() -> st.SearchStrategy[PusherEvent]:
    """Return hostile events: data of any JSON value, unencoded or as text, or no JSON at all."""
    content = st.builds(
        lambda inner, meta: {"data": inner, "meta": meta},
        st.lists(json_values(6), max_size=4),
        json_values(3),
    )
    values = content | json_values(6) | content.map(lambda inner: {"queue": "q", "payload": inner})
    return st.builds(
        PusherEvent,
        hostile_text(20),
        st.none() | st.just(TELEGRAM) | hostile_text(20),
        values | values.map(json.dumps) | hostile_text(60),
    )


def decoded(event: PusherEvent, seq: int) -> list[Record]:
    return decode_event(event, seq=seq, received_at=STARTED_AT)


@given(st.data())
@settings(deadline=None)
def test_what_comes_back_from_the_spool_is_what_went_in(data: st.DataObject) -> None:
    in_memory_on_disk_or_both = data.draw(st.sampled_from([MEBIBYTE, 1, 500]))
    backlog = filled(Backlog(memory_bytes=in_memory_on_disk_or_both))
    put = []
    for seq, event in enumerate(data.draw(st.lists(events(), min_size=1, max_size=5))):
        records = decoded(event, seq)
        accepted = data.draw(st.lists(st.sampled_from(records), min_size=1, unique_by=id))
        accepted.sort(key=lambda record: record.index)
        put.append(Batch(accepted, 10, event))
        if data.draw(st.booleans()):
            line = json.dumps(data.draw(json_values(3)), ensure_ascii=False) + "\n"
            put.append(Batch([line.encode(errors="backslashreplace")], 10))
    assert all(map(backlog.put, put))
    _, *back = everything(backlog)
    # Python takes 1, 1.0 and True for equal, but not what is written of them.
    assert repr([(one.entries, one.event) for one in back]) == repr(
        [(one.entries, one.event) for one in put]
    )


@pytest.mark.parametrize(
    "data",
    [
        "\ud83d",
        "\ud83d\ude02",  # two code points, which JSON can't tell from one character
        "not JSON\n\x00",
        "",
        '{"data":["\\ud83d"]}',
        {"data": [2**70 + 1, -0.0, 1e308, True, None, "\udcff", 1]},
        {"data": []},
        None,
        5,
        json.dumps({"data": list(range(1_000))}),
        "[" * 249 + "]" * 249,
        "[" * 100_000,
    ],
    ids=lambda data: f"{ascii(data)[:20]} {len(ascii(data))}",
)
def test_each_kind_of_data_comes_back(data: object) -> None:
    event = PusherEvent("e", None, data)
    backlog = filled(Backlog(memory_bytes=MEBIBYTE))
    assert backlog.put(Batch(decoded(event, 1), 10, event))
    _, back = everything(backlog)
    assert repr(back.entries) == repr(decoded(event, 1))
    assert back.event == event


def test_only_accepted_items_come_back() -> None:
    event = PusherEvent("message", TELEGRAM, '{"data":["a","b","c","d"]}')
    records = decoded(event, 7)
    backlog = filled(Backlog(memory_bytes=MEBIBYTE))
    backlog.put(Batch([records[1], records[3]], 10, event))
    _, back = everything(backlog)
    assert list(back.entries) == [records[1], records[3]]


def test_what_does_not_fit_is_dropped_and_counted() -> None:
    backlog = filled(Backlog(memory_bytes=1, file_bytes=2_000))
    taken = [backlog.put(batch(number, "b", size=100)) for number in range(50)]
    kept = taken.count(True)
    assert 5 < kept < 20
    assert taken == [True] * kept + [False] * (50 - kept)
    assert (backlog.dropped, backlog.waiting) == (2 * (50 - kept), 2 * kept + 1)
    expected = ["first"]
    for number in range(kept):
        expected += [number, "b"]  # type: ignore[list-item]
    assert items(everything(backlog)) == expected


def test_room_that_was_freed_is_used_again() -> None:
    backlog = filled(Backlog(memory_bytes=1, file_bytes=2_000))
    while backlog.put(batch("x", size=100)):
        pass
    assert items(backlog.take()) == ["first"]
    assert not backlog.put(batch("no room in the file yet", size=100))
    assert len(backlog.take()) > 5
    assert backlog.put(batch("later", size=100))
    assert items(everything(backlog)) == ["later"]


def test_event_larger_than_all_limits_passes_when_alone() -> None:
    backlog = Backlog(memory_bytes=1, file_bytes=1)
    assert backlog.put(batch("x" * 2 * MEBIBYTE))
    assert not backlog.put(batch("y"))
    assert items(backlog.take()) == ["x" * 2 * MEBIBYTE]
    assert backlog.put(batch("z"))
    assert items(everything(backlog)) == ["z"]


def test_closed_backlog_counts_what_nobody_will_take() -> None:
    for memory in (1, MEBIBYTE):
        backlog = filled(Backlog(memory_bytes=memory))
        assert backlog.put(batch("spooled"))
        backlog.close()
        assert backlog.put(batch("a", "b"))
        assert backlog.put(Batch([NOTICE], len(NOTICE)))
        assert (backlog.waiting, backlog.dropped) == (5, 0)


def test_temporary_file_that_cannot_be_read_is_an_error() -> None:
    backlog = filled(Backlog(memory_bytes=1))
    assert backlog.put(batch("lost"))
    file = backlog._spool._ring._file
    assert file is not None
    file.truncate(10)
    backlog.take()
    with pytest.raises(
        OutputError, match=r"^the buffer's temporary file can't be read: its end is missing$"
    ):
        backlog.take()
    backlog.close()


def test_finish_wakes_the_taking_thread() -> None:
    backlog = Backlog(memory_bytes=1)
    taken: list[object] = []
    thread = threading.Thread(target=lambda: taken.append(backlog.take()))
    thread.start()
    backlog.finish()
    thread.join(5)
    assert taken == [[]]


@pytest.mark.parametrize("memory", [1, 50_000])
def test_order_is_kept_between_two_threads_under_load(memory: int) -> None:
    backlog, taken = Backlog(memory_bytes=memory, file_bytes=400_000), list[object]()

    def take() -> None:
        while batches := backlog.take():
            taken.extend(items(batches))
            backlog.written(len(batches))

    thread = threading.Thread(target=take)
    thread.start()
    kept = [n for n in range(20_000) if backlog.put(batch(n, size=MEBIBYTE // (n % 7 + 1)))]
    backlog.finish()
    thread.join(30)
    assert taken == kept
    assert backlog.dropped == 20_000 - len(kept)
    assert backlog.waiting == 0


def run_script(script: str) -> dict[str, int]:
    """Run Python code in a process of its own; return the JSON object that it writes."""
    run = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    result: dict[str, int] = json.loads(run.stdout)
    return result


# Ten minutes at 200 events a second, while nobody reads. RSS is what the system really gives.
_TEN_MINUTES = """\
import json, os, sys
from chatapp_tail.output.backlog import Backlog
from tests.support.records import batch

def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

backlog = Backlog(memory_bytes=8 * 1024 * 1024)
backlog.put(batch("x" * 1400))
backlog.take()
before = most = rss()
kept = in_order = 0
for number in range(120_000):
    kept += backlog.put(batch({"id": number, "text": "x" * 1400}, seq=number))
    if number % 1000 == 0:
        most = max(most, rss())
backlog.finish()
while batches := backlog.take():
    most = max(most, rss())
    for one in batches:
        in_order += one.entries[0].envelope.seq == one.entries[0].data["id"] == in_order
json.dump({"kept": kept, "in_order": in_order, "growth": most - before}, sys.stdout)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_memory_stays_flat_for_ten_minutes_without_a_reader() -> None:
    """180 MB of events in a buffer of 8 MiB take at most 16 MiB more than that."""
    result = run_script(_TEN_MINUTES)
    assert (result["kept"], result["in_order"]) == (120_000, 120_000)
    assert 8 * MEBIBYTE < result["growth"] < (8 + 16) * MEBIBYTE


# A file that may not grow is a disk that is full: a write is cut short, and the next one fails.
_FULL_DISK = """\
import json, resource, sys
from chatapp_tail.output.backlog import Backlog
from tests.support.records import batch

resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, resource.RLIM_INFINITY))
backlog = Backlog(memory_bytes=100_000)
kept, taken = [], []

def take(batches):
    taken.extend(entry.data for one in batches for entry in one.entries)

def put(numbers, size):
    kept.extend(n for n in numbers if backlog.put(batch(n, size=size)))

put(range(5_000), 2_000)
first = len(kept)
take(backlog.take())
take(backlog.take())
put(range(5_000, 6_000), 2_000)
while not backlog._spool.is_empty:
    take(backlog.take())
second = len(kept)
put(range(6_000, 9_000), 2_000)
backlog.finish()
while batches := backlog.take():
    take(batches)
json.dump({"first": first, "second": second, "kept": len(kept), "dropped": backlog.dropped,
           "same": taken == kept}, sys.stdout)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_full_disk_is_no_room_and_harms_nothing_that_waits() -> None:
    result = run_script(_FULL_DISK)
    assert result["same"]
    assert 1_500 < result["first"] < 5_000
    assert result["kept"] > result["second"] > result["first"] - 1
    assert result["dropped"] == 9_000 - result["kept"]
