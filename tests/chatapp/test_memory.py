import pytest

from chatapp_tail.chatapp.memory import Memory, Outcomes
from chatapp_tail.chatapp.record import Record
from tests.chatapp.given import decoded, record


def outcome(*records: Record) -> list[str]:
    """Return the words at the end of a run of ``records``."""
    memory = Memory()
    outcomes = Outcomes(memory)
    for one in records:
        memory.note(one)
        outcomes.hear([one])
    return list(outcomes.words())


def message(identity: object, text: str = "hi") -> Record:
    return record("message", {"id": identity, "message": {"text": text}})


def status(identity: object, kind: str, *, after: float = 1.0, error: object = None) -> Record:
    item = {"id": identity, "type": kind, "error": error}
    return record("messageStatus", item, after=after)


def test_run_without_outcomes_has_no_words() -> None:
    assert outcome(message(1), record("chatRead", {"chat": {"id": 5}})) == []


def test_failures_are_counted_by_their_reasons_the_most_frequent_first() -> None:
    late, gone = {"code": 131047, "title": "Re-engagement message"}, "no such number"
    failures = [(1, late), (2, gone), (3, late), (4, None), (5, "x"), (6, "y")]
    (words,) = outcome(*(status(number, "failed", error=error) for number, error in failures))
    assert words == (
        "6 messages failed: 2 × Re-engagement message (131047); 1 × no such number; "
        "1 × no reason given; and 2 more"
    )
    assert outcome(status(1, "failed", error=gone)) == ["1 message failed: 1 × no such number"]


def test_reasons_beyond_a_hundred_are_counted_together() -> None:
    (words,) = outcome(*(status(n, "failed", error=f"reason {n}") for n in range(500)))
    assert words.startswith("500 messages failed: 400 × other reasons; ")
    assert words.endswith("; and 98 more")


def test_delivery_times_are_summed_up_as_median_and_longest() -> None:
    delivered = [(1, 0.5), (2, 1.5), (3, 130.0)]
    assert outcome(
        *(message(number) for number, _ in delivered),
        *(status(number, "delivered", after=after) for number, after in delivered),
    ) == ["delivered after 1.5s (median), 2m (longest)"]


def test_first_status_of_an_arrival_counts() -> None:
    assert outcome(
        message(1),
        status(1, "sent", after=0.2),
        status(1, "delivered", after=1.0),
        status(1, "delivered", after=50.0),
        status(1, "viewed", after=60.0),
        status(2, "delivered", after=5.0),  # its message was never received
    ) == ["delivered after 1s (median), 1s (longest)"]
    assert outcome(message(1), status(1, "viewed", after=3.0)) == [
        "delivered after 3s (median), 3s (longest)"
    ]


def test_messages_that_came_again_are_counted_and_edited_and_deleted_ones_are_not() -> None:
    again = "1 message came again with the same words"
    deleted = record("message", {"id": 1, "message": {"text": "ho"}, "destroyed": True})
    assert outcome(message(1), message(1), message(1, "ho"), deleted) == [again]
    both = decoded({"data": [{"id": 5, "message": {"text": "hi"}}] * 2})
    memory = Memory()
    outcomes = Outcomes(memory)
    for one in both:
        memory.note(one)
    outcomes.hear(both)
    assert list(outcomes.words()) == [again]


@pytest.mark.parametrize("item", [None, 5, {}, {"type": "failed"}, {"type": {"a": 1}}, {"id": []}])
def test_item_of_any_shape_is_accepted(item: object) -> None:
    assert len(outcome(record("message", item), record("messageStatus", item))) <= 1
