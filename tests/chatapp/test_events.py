import pytest

from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EVENTS, Field, fields, near_event, samples

LICENSE_EVENTS = [
    "message",
    "messageStatus",
    "messageDestroy",
    "messageReaction",
    "chatTag",
    "chatStatus",
    "chatResponsible",
    "chatResponsiblePin",
    "chatProducer",
    "chatAccomplice",
    "chatAuditor",
    "chatLevel",
    "chatConversation",
    "chatRead",
    "chatProcess",
]
COMPANY_EVENTS = ["employeeStatus", "employeeWorkday"]
USER_EVENTS = ["quickResponseList", "quickResponse"]


def test_the_nineteen_documented_events_are_there_in_the_order_of_the_page() -> None:
    assert list(EVENTS) == [*LICENSE_EVENTS, *COMPANY_EVENTS, *USER_EVENTS]
    assert [name for name in EVENTS if EVENTS[name].scope is Scope.LICENSE] == LICENSE_EVENTS
    assert [name for name in EVENTS if EVENTS[name].scope is Scope.COMPANY] == COMPANY_EVENTS
    assert [name for name in EVENTS if EVENTS[name].scope is Scope.USER] == USER_EVENTS


@pytest.mark.parametrize("name", EVENTS)
def test_event_is_filed_under_its_name_and_has_a_meaning(name: str) -> None:
    assert EVENTS[name].name == name
    assert EVENTS[name].meaning


OWNER_KEYS = {
    Scope.LICENSE: {"type", "licenseId", "messengerType"},
    Scope.COMPANY: {"type", "companyId"},
    Scope.USER: {"type", "userId"},
}


@pytest.mark.parametrize("name", EVENTS)
def test_samples_are_the_documented_objects_of_that_event(name: str) -> None:
    for sample in samples(name):
        assert list(sample) == ["data", "meta"]
        items, meta = sample["data"], sample["meta"]
        assert isinstance(items, list)
        assert isinstance(meta, dict)
        assert items
        assert meta["type"] == name
        assert set(meta) == OWNER_KEYS[EVENTS[name].scope]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        *((name, [1]) for name in [*LICENSE_EVENTS, *COMPANY_EVENTS]),
        ("quickResponseList", [1, 1]),
        ("quickResponse", [1, 1, 2]),
    ],
    ids=str,
)
def test_samples_have_as_many_items_as_the_page(name: str, items: list[int]) -> None:
    assert [len(sample["data"]) for sample in samples(name)] == items  # type: ignore[arg-type]


@pytest.mark.parametrize("name", EVENTS)
def test_documented_values_belong_to_fields_of_the_sample(name: str) -> None:
    found = {field.path: field.values for field in fields(name) if field.values}
    assert found == EVENTS[name].values


def test_fields_are_read_off_the_sample_in_its_order() -> None:
    assert fields("messageReaction") == [
        Field("id", "string"),
        Field("reaction", "string"),
        Field("time", "string"),
        Field("chat", "object"),
        Field("chat.id", "string"),
        Field("fromUser", "object"),
        Field("fromUser.id", "string"),
        Field("fromUser.name", "string"),
        Field("action", "string", "react | unreact"),
    ]


def test_fields_of_all_samples_of_an_event_are_put_together() -> None:
    assert fields("quickResponseList") == [
        Field("type", "string", "create | edit | destroy"),
        Field("quickResponseList", "object"),
        Field("quickResponseList.id", "integer"),
        Field("quickResponseList.name", "string"),
        Field("quickResponseList.sort", "integer"),
        Field("quickResponseList.access", "array"),
        Field("quickResponseList.access[]", "object"),
        Field("quickResponseList.access[].userId", "string"),
        Field("quickResponseList.access[].email", "string"),
        Field("quickResponseList.access[].permission", "string"),
    ]


@pytest.mark.parametrize(
    ("typed", "event"),
    [
        ("message", "message"),
        ("Message", "message"),
        ("mesage", "message"),
        ("msg", "message"),
        ("chattag", "chatTag"),
        ("chatTags", "chatTag"),
        ("messageStatuses", "messageStatus"),
        ("quickresponse", "quickResponse"),
        ("typing", None),
        ("xyz", None),
        ("сообщение", None),
        ("", None),
    ],
)
def test_near_event_is_hinted(typed: str, event: str | None) -> None:
    assert near_event(typed) == event
