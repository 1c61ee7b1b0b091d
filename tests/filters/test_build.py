from chatapp_tail.filters import build_filter
from chatapp_tail.filters.syntax import parse_regex
from chatapp_tail.filters.where import parse_test
from tests.support.records import of_item, said


def item(text: str = "invoice", *, side: str = "in", username: str = "ann") -> dict[str, object]:
    return {"side": side, "chat": {"username": username}, "message": {"text": text}}


def test_all_options_must_accept_a_record() -> None:
    asked = build_filter(
        events=["message"],
        excluded_events=["chat*"],
        chats=["@ann", "@bob"],
        tests=[parse_test("data.message.text~voice"), parse_test("data.side=in")],
        greps=[parse_regex("← in"), parse_regex("← un")],
    )
    assert asked is not None
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
    assert [asked.accepts(record) for record in records] == [True] * 3 + [False] * 5
    assert asked.most_held_back == ("--where", 2)


def test_without_options_there_is_no_filter() -> None:
    assert build_filter() is None


def test_each_option_works_alone() -> None:
    records = [said("hi"), of_item({"chat": {"id": 5}}, event="chatRead")]

    def accepted(**options: object) -> list[bool]:
        asked = build_filter(**options)  # type: ignore[arg-type]
        assert asked is not None
        return [asked.accepts(record) for record in records]

    assert accepted(events=["chatRead"]) == [False, True]
    assert accepted(excluded_events=["chatRead"]) == [True, False]
    assert accepted(chats=["5"]) == [False, True]
    assert accepted(tests=[parse_test("data.side=in")]) == [True, False]
    assert accepted(greps=[parse_regex("Ann")]) == [True, False]
    assert accepted(excluded_greps=[parse_regex("Ann")]) == [False, True]
    assert accepted(messages=["5"]) == [True, False]


def test_names_in_noted_records_are_known_though_those_are_refused() -> None:
    asked = build_filter(events=["chatRead"], greps=[parse_regex("Ann")])
    assert asked is not None
    assert asked.note is not None
    asked.note(of_item({"chat": {"id": 5, "name": "Ann"}}))
    assert asked.accepts(of_item({"chat": {"id": 5}}, event="chatRead"))


def test_records_need_not_be_noted_for_options_without_names() -> None:
    asked = build_filter(events=["message"], messages=["5"])
    assert asked is not None
    assert asked.note is None
