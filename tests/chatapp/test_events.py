import pytest

from chatapp_tail.chatapp.channels import Scope
from chatapp_tail.chatapp.events import EVENTS, Field, fields, near_event, samples

# In the order of the vendor's page.
IN_ORDER = [
    *("message", "messageStatus", "messageDestroy", "messageReaction", "chatTag", "chatStatus"),
    *("chatResponsible", "chatResponsiblePin", "chatProducer", "chatAccomplice", "chatAuditor"),
    *("chatLevel", "chatConversation", "chatRead", "chatProcess"),
    *("employeeStatus", "employeeWorkday", "quickResponseList", "quickResponse"),
]
OWNER_KEYS = {
    Scope.LICENSE: {"type", "licenseId", "messengerType"},
    Scope.COMPANY: {"type", "companyId"},
    Scope.USER: {"type", "userId"},
}


def test_documented_events_are_there_in_the_order_of_the_page() -> None:
    assert list(EVENTS) == IN_ORDER


@pytest.mark.parametrize("name", EVENTS)
def test_samples_are_the_documented_objects_of_their_event(name: str) -> None:
    assert EVENTS[name].meaning
    counts = []
    for sample in samples(name):
        assert list(sample) == ["data", "meta"]
        items, meta = sample["data"], sample["meta"]
        assert isinstance(items, list)
        assert isinstance(meta, dict)
        assert meta["type"] == name
        assert set(meta) == OWNER_KEYS[EVENTS[name].scope]
        counts.append(len(items))
    assert counts == {"quickResponseList": [1, 1], "quickResponse": [1, 1, 2]}.get(name, [1])


@pytest.mark.parametrize("name", EVENTS)
def test_documented_values_belong_to_fields_of_the_sample(name: str) -> None:
    found = {field.path: field.values for field in fields(name) if field.values}
    assert found == EVENTS[name].values


def test_fields_are_those_of_all_samples_in_their_order() -> None:
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
        ("Message", "message"),
        ("mesage", "message"),
        ("msg", "message"),
        ("chatTags", "chatTag"),
        ("messageStatuses", "messageStatus"),
        ("typing", None),
        ("сообщение", None),
        ("", None),
    ],
)
def test_nearest_event_is_found(typed: str, event: str | None) -> None:
    assert near_event(typed) == event
