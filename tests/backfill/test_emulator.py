"""Missed messages are read from the local ChatApp, over real HTTP."""

import threading
from collections.abc import Iterable, Iterator

import pytest

from chatapp_tail.backfill.paging import Item, Missed, missed
from chatapp_tail.backfill.worker import Calls
from chatapp_tail.errors import ApiRefusedError, ApiUnavailableError, TokenRefusedError
from tests.backfill.given import TELEGRAM, connected, ids
from tests.emulator.given import message
from tests.support.emulated import Emulator, EmulatorSettings, Failure, running_emulator
from tests.support.fake_clock import FakeClock

CHATS = "/v1/licenses/1229/messengers/telegram/chats"
Said = list[tuple[object, object]]


@pytest.fixture
def chatapp() -> Iterator[Emulator]:
    """Return a local ChatApp that has said nothing yet."""
    with running_emulator(EmulatorSettings(pace=0)) as running:
        yield running


def say(emulator: Emulator, chat_id: str, message_id: object, time: int, **fields: object) -> None:
    emulator.publish(TELEGRAM, "message", message(chat_id, message_id, time, **fields))


def read(emulator: Emulator, since: int = 100) -> tuple[Missed, list[float]]:
    """Return what was missed, and the pauses that reading it would have made."""
    clock, pauses = FakeClock(), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds)

    with connected(emulator) as rest:
        calls = Calls(lambda: rest, clock=clock, pause=pause)
        return missed(calls, 1229, "telegram", since), pauses


def named(items: Iterable[Item]) -> Said:
    """Return (chat's id, message's id) of each."""
    found = []
    for one in items:
        chat = one["chat"]
        assert isinstance(chat, dict)
        found.append((chat["id"], one["id"]))
    return found


def test_many_chats_and_many_messages_come_each_once(chatapp: Emulator) -> None:
    expected: Said = []
    for number in range(130):
        say(chatapp, f"chat-{number}", 1, 50)
    for number in range(130):
        if number % 13:
            say(chatapp, f"chat-{number}", "late", 100 + number // 40)
            expected.append((f"chat-{number}", "late"))
    for number in range(270):
        say(chatapp, "busy", number, 90 + number // 30)
    expected += [("busy", number) for number in range(270) if 90 + number // 30 >= 95]
    found, _ = read(chatapp, since=95)
    assert found.problem is None
    assert sorted(named(found.items()), key=str) == sorted(expected, key=str)
    times = [int(str(one["time"])) for one in found.items()]
    assert times == sorted(times)


@pytest.mark.parametrize("chat_id", ["group/12/34", "79990000000@c.us", "100%", "?x#y", "чат 🙏"])
def test_any_chat_id_leads_to_its_messages(chatapp: Emulator, chat_id: str) -> None:
    say(chatapp, chat_id, 1, 110)
    say(chatapp, "another", 2, 111)
    found, _ = read(chatapp)
    assert named(found.items()) == [(chat_id, 1), ("another", 2)]


def test_systems_messages_are_among_them_and_chats_have_their_names(chatapp: Emulator) -> None:
    say(chatapp, "a", 1, 110, type="system")
    found, _ = read(chatapp)
    (only,) = found.items()
    assert (only["type"], only["id"], only["time"]) == ("system", 1, 110)
    chat = only["chat"]
    assert isinstance(chat, dict)
    assert (chat["id"], chat["name"]) == ("a", "Test")


@pytest.mark.parametrize(
    ("failure", "paused_for"),
    [
        pytest.param(Failure.throttled(7), 7.0, id="throttled"),
        pytest.param(Failure.html(), 1.0, id="html"),
    ],
)
@pytest.mark.parametrize("path", [CHATS, f"{CHATS}/a/messages"])
def test_failure_that_passes_costs_time_alone(
    chatapp: Emulator, path: str, failure: Failure, paused_for: float
) -> None:
    say(chatapp, "a", 1, 110)
    chatapp.fail(path, failure)
    found, paused = read(chatapp)
    assert ids(found.items()) == [1]
    assert found.problem is None
    assert [seconds for seconds in paused if seconds > 0.2] == [paused_for]


@pytest.mark.parametrize(
    ("failure", "problem", "said"),
    [
        (Failure.server_error(), ApiUnavailableError, "the API answered HTTP 500, Server Error"),
        (Failure.forbidden(), ApiRefusedError, "HTTP 403, ApiAccessError: Access denied"),
        (
            Failure.unauthorized(),
            TokenRefusedError,
            "the API refused the token (HTTP 401, ApiInvalidTokenError: Invalid Token)",
        ),
    ],
    ids=["server error", "forbidden", "unauthorized"],
)
def test_failure_that_stays_is_the_problem_and_what_was_read_before_it_is_kept(
    chatapp: Emulator, failure: Failure, problem: type[Exception], said: str
) -> None:
    say(chatapp, "b", 1, 110)
    say(chatapp, "a", 2, 120)
    chatapp.fail(f"{CHATS}/b/messages", failure, 5)
    result, _ = read(chatapp)
    assert named(result.items()) == [("a", 2)]
    assert (type(result.problem), str(result.problem)) == (problem, said)


def test_chats_that_are_written_to_while_they_are_listed_are_all_read(chatapp: Emulator) -> None:
    """Half of the chats move to the front of the list between two of its pages."""
    for number in range(220):
        say(chatapp, f"chat-{number}", "missed", 110 + number // 10)
    interrupted = threading.Event()

    with connected(chatapp) as rest:

        def pause(_: float) -> None:
            if not interrupted.is_set():
                interrupted.set()
                for number in range(110):
                    say(chatapp, f"chat-{number}", "live", 200 + number // 10)

        calls = Calls(lambda: rest, clock=FakeClock(), pause=pause)
        result = missed(calls, 1229, "telegram", 100)
    found = [one for one in named(result.items()) if one[1] == "missed"]
    assert sorted(found) == sorted((f"chat-{number}", "missed") for number in range(220))
