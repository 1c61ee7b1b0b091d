"""Each key, pressed on the real screen."""

import signal

import pytest
from textual.widgets import HelpPanel, Input

from chatapp_tail.browse.app import BrowseApp
from chatapp_tail.browse.event_screens import ConversationScreen, HistoryScreen, RecordScreen
from chatapp_tail.browse.record import JsonTree, RecordPanel
from chatapp_tail.browse.rows import Rows
from chatapp_tail.browse.rows_screen import RowsScreen
from chatapp_tail.browse.summary import SummaryScreen
from chatapp_tail.chatapp.record import Record
from chatapp_tail.errors import ApiUnavailableError
from tests.browse.given import Fed, shown

WIDE = (120, 40)


def test_newest_row_is_followed_until_the_cursor_leaves_it() -> None:
    with shown(fed := Fed(50)) as screen:
        assert "new" not in screen.text
        fed.message(51, "message 51")
        screen.settle()
        assert screen.chosen == "← message 51"
        screen.press("up")
        fed.messages(12)
        screen.settle()
        assert screen.chosen == "← message 50"
        assert " ▼ 13 new " in screen.lines[-1]


@pytest.mark.parametrize("key", ["end", "f"])
def test_end_and_f_follow_again(key: str) -> None:
    with shown(fed := Fed(50)) as screen:
        screen.press("home")
        assert screen.chosen == ""  # the line of the day
        screen.press(key)
        fed.message(51, "the last")
        screen.settle()
        assert screen.chosen == "← the last"
        assert "new" not in screen.lines[-1]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("home down", "← message 1"),
        ("up", "← message 99"),
        ("pageup", "← message 80"),
        ("pageup pageup pagedown", "← message 80"),
        ("home up down down", "← message 2"),
        ("k k j", "← message 99"),
    ],
)
def test_cursor_moves_by_rows_and_screens(keys: str, words: str) -> None:
    with shown(Fed(100)) as screen:
        screen.press(*keys.split())
        assert screen.chosen == words
        assert words in screen.text


def test_rows_stay_where_they_are_when_rows_above_them_are_given_up() -> None:
    with shown(fed := Fed(99, most_items=100)) as screen:  # 99 messages and the day
        screen.press("pageup")
        before = screen.messages
        fed.messages(20)
        screen.settle()
        assert screen.messages == before
        assert "19 oldest given up" in screen.lines[0]
        fed.messages(100)
        screen.settle()
        assert screen.chosen == "← message 1"


@pytest.mark.parametrize("closing", ["enter", "escape"])
def test_enter_opens_the_record_of_the_row_and_closes_it(closing: str) -> None:
    with shown(fed := Fed(1), WIDE) as screen:
        fed.message(2, "second", created={"id": 124}, side="out", fromApp={"sender": "employee"})
        screen.settle()
        screen.press("enter")
        assert "by employee (124)" in screen.text
        assert 'text: "second"' in screen.text
        screen.press("up")
        assert 'text: "message 1"' in screen.text
        screen.press(closing)
        assert not screen.find(RecordPanel).display
        assert 'text: "message 1"' not in screen.text


def test_record_is_beside_the_rows_and_below_them_on_a_narrow_screen() -> None:
    with shown(Fed(3), (120, 35)) as screen:
        screen.press("enter")
        rows, panel = screen.find(Rows).region, screen.find(RecordPanel).region
        assert (panel.x, panel.y) == (rows.right, rows.y)
        screen.resize(119, 35)
        rows, panel = screen.find(Rows).region, screen.find(RecordPanel).region
        assert (panel.x, panel.y) == (0, rows.bottom)


def test_json_folds_and_a_large_value_is_filled_when_it_is_opened() -> None:
    fed = Fed()
    fed.message(1, "hi", many=list(range(10_000)))
    with shown(fed, WIDE) as screen:
        screen.press("enter", "tab", "home", "space")
        assert "▶ data: 6 keys" in screen.text
        screen.press("space")
        (data, *_) = screen.find(JsonTree).root.children
        many = next(node for node in data.children if str(node.label).startswith("many"))
        assert (str(many.label), len(many.children)) == ("many: 10,000 items", 0)
        many.expand()
        screen.settle()
        assert (len(many.children), str(many.children[-1].label)) == (501, "… 9,500 more")


def test_c_shows_the_conversation_with_statuses_folded_in() -> None:
    fed = Fed()
    fed.message(1, "is it ready?", who="Ann [red]")
    fed.message(2, "elsewhere", chat="private-2", who="Bob")
    fed.message(3, "it is", who="Ann [red]", side="out", after=10)
    fed.status(3, "delivered", after=11.2)
    with shown(fed) as screen:
        screen.press("c")
        assert isinstance(screen.top, ConversationScreen)
        assert screen.lines[:3] == [
            " Ann [red] · telegram",
            "11:39:21 ← is it ready?",
            "11:39:30 → phone: it is  ✓✓ delivered +1.2s",
        ]
        assert "elsewhere" not in screen.text
        fed.message(4, "thanks!")
        screen.settle()
        assert screen.lines[3].endswith("← thanks!")
        screen.press("escape")
        assert "elsewhere" in screen.text


def test_t_shows_the_message_with_the_time_between_and_what_the_api_has() -> None:
    fed = Fed()
    fed.message(1, "hello", side="out", after=1)
    fed.status(1, "delivered", after=2.2)
    asked: list[str | None] = []

    def ask(record: Record) -> dict[str, object]:
        asked.append(record.message_id)
        return {"type": "text", "message": {"text": "hello\x1b[2J"}}

    with shown(fed, ask=ask) as screen:
        screen.press("t")
        assert isinstance(screen.top, HistoryScreen)
        screen.settle()
        assert [line.split() for line in screen.lines[1:3]] == [
            ["11:39:21", "message", "→", "phone:", "hello"],
            ["11:39:22", "+1.2s", "messageStatus", "✓✓", "delivered", "+1.2s"],
        ]
        assert screen.lines[3] == "the API has: hello\\x1b[2J"
        assert asked == ["1"]
        screen.press("up", "enter")
        assert isinstance(screen.top, RecordScreen)
        assert '"delivered"' in screen.text
        screen.press("enter", "escape")
        assert isinstance(screen.top, RowsScreen)


def test_api_that_does_not_answer_is_said_in_the_history() -> None:
    def ask(_record: Record) -> None:
        raise ApiUnavailableError("HTTP 503")

    with shown(Fed(1), ask=ask) as screen:
        screen.press("t")
        screen.settle()
        assert screen.lines[2] == "the API doesn't tell: HTTP 503"


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("c", "this event belongs to no chat"), ("t", "this event is about no message")],
)
def test_event_without_a_chat_or_message_says_so(key: str, sentence: str) -> None:
    fed = Fed()
    fed.event("employeeStatus", {"type": "online"})
    with shown(fed) as screen:
        screen.press(key)
        assert sentence in screen.text


def test_slash_shows_what_matches_while_it_is_typed() -> None:
    fed = Fed()
    for number, words in enumerate(["apple", "pear", "pineapple", "plum"]):
        fed.message(number, words)
    with shown(fed) as screen:
        screen.press("/", *"ppl")
        assert screen.messages == ["apple", "pineapple"]
        fed.message(9, "apples")
        fed.message(10, "cherry")
        screen.settle()
        assert screen.messages == ["apple", "pineapple", "apples"]
        screen.press("enter")
        assert screen.messages == ["apple", "pineapple", "apples"]
        assert screen.lines[-1].startswith(" only ppl ")
        screen.press("escape")
        assert len(screen.messages) == 6
        assert "only ppl" not in screen.text


def test_no_row_is_shown_when_none_matches() -> None:
    with shown(Fed(3)) as screen:
        screen.press("/", *"pear")
        assert screen.messages == []
        screen.press("escape")
        assert len(screen.messages) == 3


def test_n_goes_through_the_matches_among_all_rows() -> None:
    fed = Fed()
    for number in range(100):
        fed.message(number, f"{'find' if number % 40 == 10 else 'pass'} {number}")
    with shown(fed) as screen:
        screen.press("/", *"find", "escape", "home")
        assert len(screen.messages) > 3
        chosen = []
        for key in "nnnnNNN":
            screen.press(key)
            chosen.append(screen.chosen)
            assert screen.chosen in screen.text
        assert chosen == [f"← find {number}" for number in (10, 50, 90, 90, 50, 10, 10)]
        assert "no further match" in screen.text


def test_bad_expression_is_said_and_filters_nothing() -> None:
    with shown(Fed(3)) as screen:
        screen.press("/", "(")
        assert len(screen.messages) == 3
        screen.press("enter")
        assert "bad regular expression" in screen.text
        assert screen.app.focused is screen.find(Input)


def test_w_takes_a_test_of_a_field() -> None:
    fed = Fed(1)
    fed.message(2, "out", side="out")
    fed.message(3, "in again")
    with shown(fed) as screen:
        screen.press("w", *"data.side=in", "enter")
        assert screen.messages == ["message 1", "in again"]
        assert "phone: out" not in screen.text


def test_p_keeps_rows_while_the_screen_stands() -> None:
    with shown(fed := Fed(3)) as screen:
        screen.press("p")
        fed.message(4, "while it stands")
        screen.settle()
        assert "while it stands" not in screen.text
        assert " paused, 1 new " in screen.lines[-1]
        screen.press("p")
        assert screen.chosen == "← while it stands"
        assert "paused" not in screen.text


def test_m_draws_a_line_with_the_time() -> None:
    with shown(fed := Fed(1)) as screen:
        screen.press("m")
        fed.message(2, "after")
        screen.settle()
        before, mark, after = screen.lines[3:6]
        assert before.endswith("← message 1")
        assert mark.startswith("── mark ")
        assert mark.endswith("────")
        assert after.endswith("← after")


def test_r_forwards_the_event_again() -> None:
    forwarded: list[Record] = []
    with shown(Fed(3), forward=forwarded.append) as screen:
        screen.press("up", "r")
        assert "#2 is forwarded again" in screen.text
    (record,) = forwarded
    assert (record.envelope.seq, record.message_id) == (2, "2")


def test_r_does_nothing_without_a_webhook() -> None:
    with shown(Fed(1)) as screen:
        screen.press("r")
        assert "forward" not in screen.text.lower()


def test_y_copies_the_record_as_json() -> None:
    with shown(fed := Fed(2)) as screen:
        screen.press("up", "y")
        copied = screen.app.clipboard.encode()
    assert copied + b"\n" == fed.items[1].line  # type: ignore[union-attr]


def test_record_that_no_terminal_would_copy_is_not_copied() -> None:
    fed = Fed()
    fed.message(1, "x" * 1_000_000)
    with shown(fed) as screen:
        screen.press("y")
        assert "too large" in screen.text
        assert screen.app.clipboard == ""


def test_defect_of_the_screen_is_kept_for_the_caller_and_prints_no_variables(
    capfd: pytest.CaptureFixture[str],
) -> None:
    app = BrowseApp(Fed(1).services._replace(painter="a secret"))  # type: ignore[arg-type]
    app.run(headless=True)
    assert isinstance(app.failure, AttributeError)
    assert "a secret" not in "".join(capfd.readouterr())


def test_o_shows_the_summary() -> None:
    fed = Fed(3)
    fed.status(1, "failed", error="no such number")
    with shown(fed) as screen:
        screen.press("o")
        assert isinstance(screen.top, SummaryScreen)
        assert "1 message failed: 1 × no such number" in screen.text
        row = next(line for line in screen.lines if line.strip().startswith("message "))
        assert row.split() == ["message", "1229/telegram", "3"]
        assert "█" in screen.text
        screen.press("escape")
        assert isinstance(screen.top, RowsScreen)


def test_question_mark_shows_the_keys_and_hides_them() -> None:
    with shown(Fed()) as screen:
        for count in (1, 0):
            screen.press("?")
            assert len(screen.app.screen.query(HelpPanel)) == count


@pytest.mark.parametrize(("key", "received"), [("q", None), ("ctrl+c", signal.SIGINT)])
def test_q_and_ctrl_c_leave(key: str, received: signal.Signals | None) -> None:
    fed = Fed()
    services = fed.services
    with shown(fed, signals=services.signals) as screen:
        screen.press(key)
        assert not screen.app.is_running
    assert services.signals.received == received


def test_click_moves_the_cursor_and_a_second_one_opens_the_record() -> None:
    with shown(Fed(10), WIDE) as screen:
        screen.click_row(4)
        assert screen.chosen == "← message 4"
        screen.click_row(4)
        assert 'text: "message 4"' in screen.text


def test_screen_of_twenty_by_five_shows_rows() -> None:
    with shown(Fed(9), (20, 5)) as screen:
        assert screen.lines[2].strip() == "← message 8"
        for key in ("enter", "escape", "c", "escape", "t", "escape", "o", "escape", "?", "/"):
            screen.press(key)
