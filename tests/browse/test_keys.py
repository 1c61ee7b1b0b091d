"""Each key, pressed on the real screen."""

import signal

import pytest
from textual.pilot import Pilot
from textual.widgets import HelpPanel, Input

from chatapp_tail.browse.app import BrowseApp
from chatapp_tail.browse.event_screens import ConversationScreen, HistoryScreen, RecordScreen
from chatapp_tail.browse.record import JsonTree, RecordPanel
from chatapp_tail.browse.rows import Rows
from chatapp_tail.browse.store import Event
from chatapp_tail.browse.summary import SummaryScreen
from chatapp_tail.chatapp.record import Record
from chatapp_tail.errors import ApiUnavailableError
from tests.browse.given import Fed, lines, play, press, settled, text

Screen = Pilot[None]


def words_at_cursor(pilot: Screen) -> str:
    item = pilot.app.screen.query_one(Rows).item
    return item.row.detail if isinstance(item, Event) else ""


def test_newest_row_is_followed_until_the_cursor_leaves_it() -> None:
    fed = Fed()
    fed.messages(50)

    async def scene(pilot: Screen) -> None:
        assert words_at_cursor(pilot) == "← message 50"
        assert "new" not in text(pilot)
        fed.message(51, "message 51")
        await settled(pilot)
        assert words_at_cursor(pilot) == "← message 51"
        await press(pilot, "up")
        fed.messages(12)
        await settled(pilot)
        assert words_at_cursor(pilot) == "← message 50"
        assert " ▼ 13 new " in lines(pilot)[-1]

    play(fed.services(), scene)


@pytest.mark.parametrize("key", ["end", "f"])
def test_end_and_f_follow_again(key: str) -> None:
    fed = Fed()
    fed.messages(50)

    async def scene(pilot: Screen) -> None:
        await press(pilot, "home")
        assert words_at_cursor(pilot) == ""  # the line of the day
        await press(pilot, key)
        fed.message(51, "the last")
        await settled(pilot)
        assert words_at_cursor(pilot) == "← the last"
        assert "new" not in lines(pilot)[-1]

    play(fed.services(), scene)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["home", "down"], "← message 1"),
        (["up"], "← message 99"),
        (["pageup"], "← message 80"),
        (["pageup", "pageup", "pagedown"], "← message 80"),
        (["home", "up", "down", "down"], "← message 2"),
        (["k", "k", "j"], "← message 99"),
    ],
)
def test_cursor_moves_by_rows_and_screens(keys: list[str], words: str) -> None:
    fed = Fed()
    fed.messages(100)

    async def scene(pilot: Screen) -> None:
        await press(pilot, *keys)
        assert words_at_cursor(pilot) == words
        assert words in text(pilot)

    play(fed.services(), scene)


def test_screen_stands_when_rows_above_it_are_given_up() -> None:
    fed = Fed(most_items=100)
    fed.messages(99)  # and the day

    async def scene(pilot: Screen) -> None:
        await press(pilot, "pageup")
        before = rows_shown(pilot)
        fed.messages(20)
        await settled(pilot)
        assert rows_shown(pilot) == before
        assert "19 oldest given up" in lines(pilot)[0]
        fed.messages(100)
        await settled(pilot)
        assert words_at_cursor(pilot) == "← message 1"

    play(fed.services(), scene)


@pytest.mark.parametrize("closing", ["enter", "escape"])
def test_enter_opens_the_record_of_the_row_and_closes_it(closing: str) -> None:
    fed = Fed()
    fed.message(1, "first")
    fed.message(2, "second", created={"id": 124}, side="out", fromApp={"sender": "employee"})

    async def scene(pilot: Screen) -> None:
        await press(pilot, "enter")
        assert "by employee (124)" in text(pilot)
        assert 'text: "second"' in text(pilot)
        await press(pilot, "up")
        assert 'text: "first"' in text(pilot)
        await press(pilot, closing)
        assert not pilot.app.screen.query_one(RecordPanel).display
        assert 'text: "first"' not in text(pilot)

    play(fed.services(), scene, (120, 40))


def test_record_stands_beside_the_rows_and_below_them_where_that_is_too_narrow() -> None:
    fed = Fed()
    fed.messages(3)

    async def scene(pilot: Screen) -> None:
        await press(pilot, "enter")
        rows, panel = (pilot.app.screen.query_one(one).region for one in (Rows, RecordPanel))
        assert (panel.x, panel.y) == (rows.right, rows.y)
        await pilot.resize_terminal(119, 35)
        await settled(pilot)
        rows, panel = (pilot.app.screen.query_one(one).region for one in (Rows, RecordPanel))
        assert (panel.x, panel.y) == (0, rows.bottom)

    play(fed.services(), scene, (120, 35))


def test_json_folds_and_a_large_one_is_filled_when_it_is_opened() -> None:
    fed = Fed()
    fed.message(1, "hi", many=list(range(10_000)))

    async def scene(pilot: Screen) -> None:
        await press(pilot, "enter", "tab")
        tree = pilot.app.screen.query_one(JsonTree)
        assert pilot.app.focused is tree
        await press(pilot, "home", "space")
        assert "▶ data: 6 keys" in text(pilot)
        await press(pilot, "space")
        data = tree.root.children[0]
        many = next(node for node in data.children if str(node.label).startswith("many"))
        assert (str(many.label), len(many.children)) == ("many: 10,000 items", 0)
        many.expand()
        await settled(pilot)
        assert (len(many.children), str(many.children[-1].label)) == (501, "… 9,500 more")

    play(fed.services(), scene, (120, 40))


def test_c_shows_the_conversation_with_statuses_folded_in() -> None:
    fed = Fed()
    fed.message(1, "is it ready?", who="Ann [red]")
    fed.message(2, "elsewhere", chat="private-2", who="Bob")
    fed.message(3, "it is", who="Ann [red]", side="out", after=10)
    fed.status(3, "delivered", after=11.2)

    async def scene(pilot: Screen) -> None:
        await press(pilot, "c")
        assert isinstance(pilot.app.screen, ConversationScreen)
        shown = lines(pilot)
        assert shown[0] == " Ann [red] · telegram"
        assert shown[1:3] == [
            "11:39:21 ← is it ready?",
            "11:39:30 → phone: it is  ✓✓ delivered +1.2s",
        ]
        assert "elsewhere" not in text(pilot)
        fed.message(4, "thanks!")
        await pilot.pause(0.3)
        await settled(pilot)
        assert lines(pilot)[3].endswith("← thanks!")
        await press(pilot, "escape")
        assert "elsewhere" in text(pilot)

    play(fed.services(), scene)


def test_t_shows_the_message_with_the_time_between_and_what_the_api_has() -> None:
    fed = Fed()
    fed.message(1, "hello", side="out", after=1)
    fed.status(1, "delivered", after=2.2)
    asked: list[str | None] = []

    def ask(record: Record) -> dict[str, object]:
        asked.append(record.message_id)
        return {"type": "text", "message": {"text": "hello\x1b[2J"}}

    async def scene(pilot: Screen) -> None:
        await press(pilot, "t")
        assert isinstance(pilot.app.screen, HistoryScreen)
        await settled(pilot)
        assert [line.split() for line in lines(pilot)[1:3]] == [
            ["11:39:21", "message", "→", "phone:", "hello"],
            ["11:39:22", "+1.2s", "messageStatus", "✓✓", "delivered", "+1.2s"],
        ]
        assert lines(pilot)[3] == "the API has: hello\\x1b[2J"
        assert asked == ["1"]
        await press(pilot, "up", "enter")
        assert isinstance(pilot.app.screen, RecordScreen)
        assert '"delivered"' in text(pilot)
        await press(pilot, "enter", "escape")
        assert isinstance(pilot.app.screen.query_one(Rows), Rows)

    play(fed.services()._replace(ask=ask), scene)


def test_api_that_does_not_answer_is_said_in_the_history() -> None:
    fed = Fed()
    fed.message(1, "hello")

    def ask(_record: Record) -> None:
        raise ApiUnavailableError("HTTP 503")

    async def scene(pilot: Screen) -> None:
        await press(pilot, "t")
        await settled(pilot)
        assert lines(pilot)[2] == "the API doesn't tell: HTTP 503"

    play(fed.services()._replace(ask=ask), scene)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("c", "this event belongs to no chat"), ("t", "this event is about no message")],
)
def test_event_without_a_chat_or_message_says_so(key: str, sentence: str) -> None:
    fed = Fed()
    fed.event("employeeStatus", {"type": "online"})

    async def scene(pilot: Screen) -> None:
        await press(pilot, key)
        assert sentence in text(pilot)

    play(fed.services(), scene)


def rows_shown(pilot: Screen) -> list[str]:
    """Return the words of the rows in sight."""
    return [line[:78].rstrip().partition(" ← ")[2] for line in lines(pilot) if " ← " in line]


def test_slash_shows_what_matches_while_it_is_typed() -> None:
    fed = Fed()
    for number, words in enumerate(["apple", "pear", "pineapple", "plum"]):
        fed.message(number, words)

    async def scene(pilot: Screen) -> None:
        await press(pilot, "/", "p", "p", "l")
        assert rows_shown(pilot) == ["apple", "pineapple"]
        fed.message(9, "apples")
        fed.message(10, "cherry")
        await settled(pilot)
        assert rows_shown(pilot) == ["apple", "pineapple", "apples"]
        await press(pilot, "enter")
        assert rows_shown(pilot) == ["apple", "pineapple", "apples"]
        assert lines(pilot)[-1].startswith(" only ppl ")
        await press(pilot, "escape")
        assert len(rows_shown(pilot)) == 6
        assert "only ppl" not in text(pilot)

    play(fed.services(), scene)


def test_n_goes_through_the_matches_among_all_rows() -> None:
    fed = Fed()
    for number in range(100):
        fed.message(number, f"{'find' if number % 40 == 10 else 'pass'} {number}")

    async def scene(pilot: Screen) -> None:
        await press(pilot, "/", *"find", "escape", "home")
        assert len(rows_shown(pilot)) > 3
        seen = []
        for key in ("n", "n", "n", "n", "N", "N", "N"):
            await press(pilot, key)
            seen.append(words_at_cursor(pilot))
            assert seen[-1] in text(pilot)
        assert seen == [f"← find {number}" for number in (10, 50, 90, 90, 50, 10, 10)]
        assert "no further match" in text(pilot)

    play(fed.services(), scene)


def test_bad_expression_is_said_and_filters_nothing() -> None:
    fed = Fed()
    fed.messages(3)

    async def scene(pilot: Screen) -> None:
        await press(pilot, "/", "(")
        assert len(rows_shown(pilot)) == 3
        await press(pilot, "enter")
        assert "bad regular expression" in text(pilot)
        assert pilot.app.focused is pilot.app.screen.query_one(Input)

    play(fed.services(), scene)


def test_w_takes_a_test_of_a_field() -> None:
    fed = Fed()
    fed.message(1, "in")
    fed.message(2, "out", side="out")
    fed.message(3, "in again")

    async def scene(pilot: Screen) -> None:
        await press(pilot, "w", *"data.side=in", "enter")
        assert rows_shown(pilot) == ["in", "in again"]
        assert "out" not in text(pilot)

    play(fed.services(), scene)


def test_p_keeps_rows_while_the_screen_stands() -> None:
    fed = Fed()
    fed.messages(3)

    async def scene(pilot: Screen) -> None:
        await press(pilot, "p")
        fed.message(4, "while it stands")
        await settled(pilot)
        assert "while it stands" not in text(pilot)
        assert " paused, 1 new " in lines(pilot)[-1]
        await press(pilot, "p")
        assert words_at_cursor(pilot) == "← while it stands"
        assert "paused" not in text(pilot)

    play(fed.services(), scene)


def test_m_draws_a_line_with_the_time() -> None:
    fed = Fed()
    fed.message(1, "before")

    async def scene(pilot: Screen) -> None:
        await press(pilot, "m")
        fed.message(2, "after")
        await settled(pilot)
        before, mark, after = lines(pilot)[3:6]
        assert before.endswith("← before")
        assert mark.startswith("── mark ")
        assert mark.endswith("────")
        assert after.endswith("← after")

    play(fed.services(), scene)


def test_r_forwards_the_event_again() -> None:
    fed = Fed()
    fed.messages(3)
    forwarded: list[Record] = []

    async def scene(pilot: Screen) -> None:
        await press(pilot, "up", "r")
        assert "#2 is forwarded again" in text(pilot)

    play(fed.services()._replace(forward=forwarded.append), scene)
    (record,) = forwarded
    assert (record.envelope.seq, record.message_id) == (2, "2")


def test_r_does_nothing_without_a_webhook() -> None:
    fed = Fed()
    fed.messages(1)

    async def scene(pilot: Screen) -> None:
        await press(pilot, "r")
        assert "Forward" not in text(pilot)
        assert "forwarded" not in text(pilot)

    play(fed.services(), scene)


def test_y_copies_the_record_as_json() -> None:
    fed = Fed()
    fed.messages(2)

    async def scene(pilot: Screen) -> None:
        await press(pilot, "up", "y")

    app = play(fed.services(), scene)
    item = fed.feed.store.get(1)
    assert item is not None
    assert app.clipboard.encode() + b"\n" == item.line  # type: ignore[union-attr]


def test_record_that_no_terminal_would_copy_is_not_copied() -> None:
    fed = Fed()
    fed.message(1, "x" * 1_000_000)

    async def scene(pilot: Screen) -> None:
        await press(pilot, "y")
        assert "too large" in text(pilot)

    assert play(fed.services(), scene).clipboard == ""


def test_defect_of_the_screen_is_kept_for_the_caller_and_prints_no_variables(
    capfd: pytest.CaptureFixture[str],
) -> None:
    fed = Fed()
    fed.messages(1)
    app = BrowseApp(fed.services()._replace(painter="a secret"))  # type: ignore[arg-type]
    app.run(headless=True)
    assert isinstance(app.failure, AttributeError)
    assert "a secret" not in "".join(capfd.readouterr())


def test_o_shows_the_summary() -> None:
    fed = Fed()
    fed.messages(3)
    fed.status(1, "failed", error="no such number")

    async def scene(pilot: Screen) -> None:
        await press(pilot, "o")
        assert isinstance(pilot.app.screen, SummaryScreen)
        shown = text(pilot)
        assert "1 message failed: 1 × no such number" in shown
        row = next(line for line in lines(pilot) if line.strip().startswith("message "))
        assert row.split() == ["message", "1229/telegram", "3"]
        assert "█" in shown
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen.query_one(Rows), Rows)

    play(fed.services(), scene)


def test_question_mark_shows_the_keys_and_hides_them() -> None:
    fed = Fed()

    async def scene(pilot: Screen) -> None:
        await press(pilot, "?")
        assert pilot.app.screen.query(HelpPanel)
        await press(pilot, "?")
        assert not pilot.app.screen.query(HelpPanel)

    play(fed.services(), scene)


@pytest.mark.parametrize(("key", "received"), [("q", None), ("ctrl+c", signal.SIGINT)])
def test_q_and_ctrl_c_leave(key: str, received: signal.Signals | None) -> None:
    services = Fed().services()

    async def scene(pilot: Screen) -> None:
        await pilot.press(key)
        await pilot.pause()
        assert not pilot.app.is_running

    play(services, scene)
    assert services.signals.received == received


def test_mouse_moves_the_cursor_and_opens_the_record() -> None:
    fed = Fed()
    fed.messages(10)

    async def scene(pilot: Screen) -> None:
        await pilot.click(Rows, offset=(20, 4))
        await settled(pilot)
        assert words_at_cursor(pilot) == "← message 4"
        await pilot.click(Rows, offset=(20, 4))
        await settled(pilot)
        assert 'text: "message 4"' in text(pilot)

    play(fed.services(), scene, (120, 30))


def test_screen_of_twenty_by_five_shows_rows() -> None:
    fed = Fed()
    fed.messages(9)

    async def scene(pilot: Screen) -> None:
        assert lines(pilot)[2].strip() == "← message 8"
        for key in ("enter", "escape", "c", "escape", "t", "escape", "o", "escape", "?", "/"):
            await press(pilot, key)

    play(fed.services(), scene, (20, 5))
