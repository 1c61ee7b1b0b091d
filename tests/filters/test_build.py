from chatapp_tail.chatapp.summary import Summarizer
from chatapp_tail.filters import build_filter
from chatapp_tail.filters.regex import parse_regex
from chatapp_tail.filters.where import parse_test
from tests.support.records import of_item, said


def item(text: str = "invoice", *, side: str = "in", username: str = "ann") -> dict[str, object]:
    return {"side": side, "chat": {"username": username}, "message": {"text": text}}


def test_everything_that_is_asked_must_hold() -> None:
    accepts = build_filter(
        ["message"],
        ["chat*"],
        ["@ann", "@bob"],
        [parse_test("data.message.text~voice"), parse_test("data.side=in")],
        [parse_regex("← in"), parse_regex("← un")],
    )
    assert accepts is not None
    records = [
        of_item(item()),
        of_item(item(username="bob")),
        of_item(item("uninvoiced")),
        of_item(item(), event="messageStatus"),
        of_item(item(username="eve")),
        of_item(item(side="out")),
        of_item(item("a voice")),
        of_item(item("in person")),
    ]
    assert [accepts(record) for record in records] == [True] * 3 + [False] * 5


def test_without_a_wish_there_is_no_filter() -> None:
    assert build_filter((), ()) is None


def test_each_wish_works_alone() -> None:
    records = [said("hi"), of_item({"chat": {"id": 5}}, event="chatRead")]

    def accepted(**wishes: object) -> list[bool]:
        accepts = build_filter(**{"events": (), "excluded_events": (), **wishes})  # type: ignore[arg-type]
        assert accepts is not None
        return [accepts(record) for record in records]

    assert accepted(events=["chatRead"]) == [False, True]
    assert accepted(excluded_events=["chatRead"]) == [True, False]
    assert accepted(chats=["5"]) == [False, True]
    assert accepted(tests=[parse_test("data.side=in")]) == [True, False]
    assert accepted(greps=[parse_regex("Ann")]) == [True, False]


def test_rows_are_searched_only_where_all_else_holds() -> None:
    summarizer = Summarizer()
    accepts = build_filter(["chatRead"], (), greps=[parse_regex("Ann")], summarizer=summarizer)
    assert accepts is not None
    named = {"chat": {"id": 5, "name": "Ann"}}
    assert not accepts(of_item(named))
    assert not accepts(of_item({"chat": {"id": 5}}, event="chatRead"))
    assert accepts(of_item(named, event="chatRead"))
    assert summarizer.summarize(of_item({"chat": {"id": 5}})).who == "Ann"
