import threading

import pytest

from chatapp_tail.background import BackgroundCall


def test_error_of_the_call_is_raised() -> None:
    call = BackgroundCall(lambda: int("x")).start()
    with pytest.raises(ValueError, match="invalid literal"):
        call.result(5.0)


def test_caller_is_woken_when_the_call_is_over_and_can_abandon_it_no_more() -> None:
    is_over = threading.Event()
    call = BackgroundCall(lambda: "done", wake=is_over.set).start()
    assert is_over.wait(5.0)
    assert call.is_over
    assert not call.abandon()
    assert call.result() == "done"


def test_wait_ends_before_the_call_does() -> None:
    go_on = threading.Event()
    call = BackgroundCall(lambda: go_on.wait(5.0)).start()
    with pytest.raises(TimeoutError):
        call.result(0.01)
    assert not call.is_over
    go_on.set()
    assert call.result(5.0)


@pytest.mark.parametrize("fails", [False, True], ids=["a result", "an error"])
def test_abandoned_call_discards_its_result_and_forgets_its_error(*, fails: bool) -> None:
    go_on, is_over = threading.Event(), threading.Event()
    discarded: list[str] = []

    def work() -> str:
        go_on.wait(5.0)
        if fails:
            raise ValueError
        return "late"

    call = BackgroundCall(work, wake=is_over.set, discard=discarded.append).start()
    assert call.abandon()
    go_on.set()
    assert is_over.wait(5.0)
    assert discarded == ([] if fails else ["late"])
