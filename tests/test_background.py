import threading

import pytest

from chatapp_tail.background import BackgroundCall


def test_result_and_error_are_the_calls_own() -> None:
    assert BackgroundCall(lambda: "done").start().result(5.0) == "done"
    call = BackgroundCall(lambda: int("x")).start()
    with pytest.raises(ValueError, match="invalid literal"):
        call.result(5.0)


def test_caller_is_woken_when_the_call_is_over() -> None:
    is_over = threading.Event()
    call = BackgroundCall(lambda: 1, wake=is_over.set).start()
    assert is_over.wait(5.0)
    assert call.is_over
    assert call.result() == 1


def test_wait_ends_before_the_call_does() -> None:
    go_on = threading.Event()
    call = BackgroundCall(lambda: go_on.wait(5.0)).start()
    with pytest.raises(TimeoutError):
        call.result(0.01)
    assert not call.is_over
    go_on.set()
    assert call.result(5.0)


def test_result_of_an_abandoned_call_is_discarded() -> None:
    go_on, is_over = threading.Event(), threading.Event()
    discarded: list[str] = []

    def work() -> str:
        go_on.wait(5.0)
        return "late"

    call = BackgroundCall(work, wake=is_over.set, discard=discarded.append).start()
    assert call.abandon()
    go_on.set()
    assert is_over.wait(5.0)
    assert discarded == ["late"]


def test_error_of_an_abandoned_call_is_forgotten() -> None:
    go_on, is_over = threading.Event(), threading.Event()

    def fail() -> None:
        go_on.wait(5.0)
        raise ValueError

    call = BackgroundCall(fail, wake=is_over.set).start()
    assert call.abandon()
    go_on.set()
    assert is_over.wait(5.0)


def test_call_that_is_over_cant_be_abandoned() -> None:
    call = BackgroundCall(lambda: "done").start()
    assert call.result(5.0) == "done"
    assert not call.abandon()
